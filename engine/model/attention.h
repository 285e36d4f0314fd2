// SPDX-License-Identifier: Apache-2.0
/// One layer's attention: from normed hidden states to cached rows and queries, and back.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/cache/cache_form.h"
#include "engine/model/rotary_table.h"
#include "engine/model/weights.h"

namespace xkv {

/// Keys, rotated, and values with heads of their own, as a prompt attends to them.
struct HeadRows {
  at::Tensor keys;    // (n, num_kv_heads, head_dim)
  at::Tensor values;  // (n, num_kv_heads, value dim)
};

/// What a step needs of its tokens.
struct QueryAndRows {
  at::Tensor query;  // as Attention::cacheQuery gives it
  CacheRows rows;
};

class Attention {
 public:
  virtual ~Attention() = default;

  /// normed (n, hidden_size) → what is cached of it.
  virtual CacheRows rows(const at::Tensor& normed) const = 0;

  /// Cached rows as a prompt attends to them; positions first_position...
  virtual HeadRows expanded(const CacheRows& rows, int64_t first_position) const = 0;
  /// (n, num_heads, head_dim), rotated; against `expanded`.
  virtual at::Tensor promptQuery(const at::Tensor& normed, int64_t first_position) const = 0;
  /// (n, num_heads, value dim) → (n, hidden_size)
  virtual at::Tensor promptOutput(const at::Tensor& mixed) const = 0;

  /// (n, num_heads, query_dim), rotated, as KvCache::attend takes it.
  virtual at::Tensor cacheQuery(const at::Tensor& normed, int64_t first_position) const = 0;
  /// Both of a step's, in as few passes over the weights as there can be.
  virtual QueryAndRows step(const at::Tensor& normed, int64_t first_position) const {
    return {cacheQuery(normed, first_position), rows(normed)};
  }
  /// What KvCache::attend gives → (n, hidden_size)
  virtual at::Tensor cacheOutput(const at::Tensor& mixed) const = 0;
};

/// The attention of a layer's weights; config and table must outlive it.
std::unique_ptr<Attention> makeAttention(const LayerWeights& layer, const ModelConfig& config,
                                         const RotaryTable& rotary);

/// How caches read the rows of these layers.
CacheForm cacheFormOf(const ModelConfig& config, const std::vector<LayerWeights>& layers);

/// queries (n, num_heads, head_dim) at positions begin.. over keys and values of positions 0 ..
/// begin + n - 1, causal, within the window (0 = all) → (n, num_heads, value dim).
at::Tensor causalAttention(const at::Tensor& queries, const HeadRows& rows, double softmax_scale,
                           int64_t window);

}  // namespace xkv
