// SPDX-License-Identifier: Apache-2.0
/// One run: what was asked, where it ran, how it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/model_shape.h"
#include "profiling/records/result.h"
#include "profiling/records/run_spec.h"

namespace xkv {

/// One group as it is really factored, after defaults and caps.
struct PlannedGroup {
  int64_t first_layer = 0;
  int64_t num_layers = 0;
  int64_t rank_k = 0;  ///< of the keys or latents; 0 = they are not factored
  int64_t rank_v = 0;  ///< of the values or RoPE keys
  bool slerp_k = false;  ///< MiniCache: the keys of this pair of layers are merged
  bool slerp_v = false;
  double slerp_t = 0;  ///< MiniCache; 0 elsewhere
  double slerp_gamma = 0;

  int64_t rank(Stream stream) const { return isFirst(stream) ? rank_k : rank_v; }
  bool compresses(Stream stream) const {
    return rank(stream) > 0 || (isFirst(stream) ? slerp_k : slerp_v);
  }
  friend bool operator==(const PlannedGroup&, const PlannedGroup&) = default;
};

/// First record of a run: everything that is known before the prefill.
struct RunStarted {
  RunSpec spec;
  ModelShape model;
  std::vector<PlannedGroup> plan;  ///< empty for the dense method
  std::vector<int64_t> prompt_ids;
  std::vector<std::string> prompt_tokens;  ///< text of each prompt token
  std::vector<std::string> notices;        ///< "rank_k 512 is above seq_len 42; 42 is used"
  std::string device_name;                 ///< "CPU, 2 threads"
  std::string program_version;
  std::string started_at;  ///< UTC, ISO 8601
  friend bool operator==(const RunStarted&, const RunStarted&) = default;
};

enum class RunStatus { running, finished, cancelled, failed };

/// Last record of a run.
struct RunFinished {
  RunStatus status = RunStatus::finished;
  std::optional<ErrorKind> error_kind;
  std::string message;  ///< the sentence of the failure, else empty
  std::string finished_at;
  friend bool operator==(const RunFinished&, const RunFinished&) = default;
};

/// How far the run is; shown, never stored.
struct ProgressRecord {
  std::string phase;  ///< "prefill layer 3 of 8"
  int64_t done = 0;
  int64_t total = 0;  ///< 0 = unknown
  friend bool operator==(const ProgressRecord&, const ProgressRecord&) = default;
};

}  // namespace xkv
