// SPDX-License-Identifier: Apache-2.0
/// What `xkv bench` asks to be measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xkv {

enum class BenchSubject { factor, analysis, prefill, decode, attention, what_if };

constexpr std::string_view word(BenchSubject value) {
  switch (value) {
    case BenchSubject::factor: return "factor";
    case BenchSubject::analysis: return "analysis";
    case BenchSubject::prefill: return "prefill";
    case BenchSubject::decode: return "decode";
    case BenchSubject::attention: return "attention";
    case BenchSubject::what_if: return "what-if";
  }
  return {};
}

/// Where a size is none, each subject has its own default.
struct BenchRequest {
  BenchSubject subject = BenchSubject::factor;
  std::optional<int64_t> tokens;      ///< rows of a cache, or of a prompt
  std::optional<int64_t> num_layers;  ///< factor: of the group; what-if: of the model
  std::optional<int64_t> kv_dim;
  std::optional<int64_t> rank;  ///< factor
  std::optional<int64_t> rank_k;
  std::optional<int64_t> rank_v;
  std::optional<int64_t> num_heads;
  std::optional<int64_t> num_kv_heads;
  std::optional<int64_t> head_dim;
  std::optional<int64_t> max_new_tokens;  ///< decode
  std::optional<std::string> model_dir;   ///< none = random weights, made for the measurement
  std::optional<int64_t> repeat;
  std::vector<std::string> schemes;  ///< rows to measure; empty = all
  int64_t num_threads = 0;           ///< 0 = all cores
  friend bool operator==(const BenchRequest&, const BenchRequest&) = default;
};

}  // namespace xkv
