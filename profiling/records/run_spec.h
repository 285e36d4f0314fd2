// SPDX-License-Identifier: Apache-2.0
/// Everything that one run is asked to do. What goes back from a view is this value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/compression_config.h"

namespace xkv {

enum class Device { cpu, cuda };

/// none: no analysis, and the smallest memory. group: spectra and errors of the run's own groups,
/// as each group is sealed. all: every layer's dense rows are kept, so CKA of all pairs, spectra of all
/// group sizes and the comparison with the dense cache become possible.
enum class AnalysisScope { none, group, all };

struct Sampling {
  double temperature = 0;  ///< 0 = greedy
  int64_t top_k = 0;       ///< 0 = off
  double top_p = 1;        ///< 1 = off
  uint64_t seed = 0;
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

struct RunSpec {
  std::string model_dir;
  std::string cache_file;  ///< a cache captured elsewhere, analysed without a model; model_dir is empty then
  std::string prompt_name;          ///< label for people: "needle-river"; may be empty
  std::string prompt;               ///< text; not used when prompt_ids is not empty
  std::vector<int64_t> prompt_ids;  ///< token ids, used as they are
  /// Name of the chat template that prompt and turns are put through as messages of a user; empty = raw.
  std::string chat_template;
  std::optional<std::string> date_string;  ///< today's date in the template; none = its default
  std::optional<bool> enable_thinking;     ///< of the template; none = its default
  std::vector<std::string> turns;  ///< what the user says after each answer, over the same cache
  CompressionConfig compression;
  Dtype dtype = Dtype::bf16;  ///< of weights, activations and cache: fp32 or bf16
  Device device = Device::cpu;
  AnalysisScope analysis = AnalysisScope::all;
  int64_t max_new_tokens = 32;
  Sampling sampling;
  std::vector<std::string> stop;  ///< generation ends when its text contains one of these
  int64_t prefill_chunk = 512;    ///< tokens that pass a layer at a time
  int64_t num_threads = 0;        ///< 0 = all cores
  /// Files of the model's folder may be links that lead out of it.
  bool follow_symlinks = false;
  friend bool operator==(const RunSpec&, const RunSpec&) = default;
};

}  // namespace xkv
