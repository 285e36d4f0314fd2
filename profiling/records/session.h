// SPDX-License-Identifier: Apache-2.0
/// A run as it is read back: all records of one run, gathered. A session is a list of runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/record.h"

namespace xkv {

/// One line of the session browser: no blobs, cheap to list.
struct RunSummary {
  int64_t run_id = 0;  ///< 1, 2, ... within the session
  std::string title;   ///< given by the user; empty = made from the spec
  std::string notes;
  std::vector<std::string> tags;
  RunSpec spec;
  ModelShape model;
  int64_t seq_len = 0;
  RunStatus status = RunStatus::running;
  std::string message;  ///< the failure's sentence, else empty
  std::string started_at;
  std::optional<double> error_k;  ///< measured, energy-weighted over all groups
  std::optional<double> error_v;
  std::optional<double> published_ratio;
  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

/// Everything that one run has produced so far.
struct Run {
  int64_t run_id = 0;
  std::string title;
  std::string notes;
  std::vector<std::string> tags;
  RunStarted started;
  std::vector<CkaRecord> cka;                          ///< at most one per stream
  std::vector<SpectrumRecord> spectra;                 ///< one per stream and group of layers
  std::vector<ReconstructionRecord> reconstructions;  ///< one per stream and planned group
  std::optional<MemoryRecord> memory;
  std::vector<TokenRecord> tokens;  ///< dense and compressed, each in order of step
  std::vector<GenerationRecord> generations;
  std::vector<RecompressionRecord> recompressions;  ///< in order of time
  std::vector<SelectionRecord> selections;          ///< at most one per layer
  std::optional<DivergenceRecord> divergence;
  std::vector<LatencyRecord> latencies;  ///< one per method
  TimelineRecord timeline;
  RunFinished finished{.status = RunStatus::running, .error_kind = {}, .message = {}, .finished_at = {}};

  /// Puts a record where it belongs: replaces what it supersedes (same stream, same group), appends
  /// tokens and timeline parts, drops progress.
  void add(const Record& record);
  friend bool operator==(const Run&, const Run&) = default;
};

/// Measured error of a stream over all groups of a run: sqrt(sum of squared errors / sum of squares);
/// none where a group's measurement is missing or nothing of the stream is compressed.
std::optional<double> measuredError(const Run& run, Stream stream);

/// The line of the session browser that a run makes.
RunSummary summaryOf(const Run& run);

}  // namespace xkv
