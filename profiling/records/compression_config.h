// SPDX-License-Identifier: Apache-2.0
/// How a cache is to be compressed: method, groups, ranks (METHOD.md 2 and 9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/dtype.h"

namespace xkv {

enum class Method { dense, xkv };
enum class Stream { key, value };  ///< key = before RoPE

/// Ways to factor a group (ENGINE.md, Truncated SVD).
enum class FactorBackend { exact, gram_evd, gram_subspace };

/// Adjacent layers factored together, with ranks of their own if given.
struct LayerGroup {
  int64_t first_layer = 0;
  int64_t num_layers = 0;
  std::optional<int64_t> rank_k;
  std::optional<int64_t> rank_v;
  friend bool operator==(const LayerGroup&, const LayerGroup&) = default;
};

struct CompressionConfig {
  Method method = Method::xkv;
  int64_t layer_group_size = 4;
  std::optional<int64_t> rank_k;  ///< rank of a group; none = default of METHOD.md 2
  std::optional<int64_t> rank_v;
  bool merge_key = true;
  bool merge_value = true;
  int64_t start_layer = 0;
  int64_t end_layer = -1;                ///< inclusive; -1 = the last layer
  std::vector<LayerGroup> layer_groups;  ///< custom groups; empty = runs of layer_group_size
  FactorBackend factor_backend = FactorBackend::gram_subspace;
  std::optional<Dtype> factor_dtype;  ///< none = the run's dtype
  friend bool operator==(const CompressionConfig&, const CompressionConfig&) = default;
};

}  // namespace xkv
