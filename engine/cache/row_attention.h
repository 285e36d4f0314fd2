// SPDX-License-Identifier: Apache-2.0
/// Attention of a few query rows over rows of a cache, as grouped matrix products.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/cache/cache_form.h"

namespace xkv {

/// Where the query rows stand.
struct QueryRows {
  int64_t count = 1;
  int64_t first_position = 0;
  int64_t window = 0;  ///< tokens that each sees, itself included; 0 = all
  double softmax_scale = 1;
};

/// q K^T: query (n, num_heads, head_dim), keys (rows, num_kv_heads, head_dim), rotated →
/// (num_kv_heads, n * num_heads / num_kv_heads, rows). at::scaled_dot_product_attention is 16 times slower here
/// for one row under GQA (ENGINE.md).
at::Tensor rowScores(const at::Tensor& query, const at::Tensor& keys);

/// The scores of rows that are readable in both streams, whichever of them are scored.
at::Tensor rowScores(const CacheForm& form, const at::Tensor& query, const StreamPair& rows);

/// Softmax over the joined segments, which hold positions 0, 1, ..., in fp32 and masked by position; the pieces
/// come back split, in the query's dtype.
std::vector<at::Tensor> jointSoftmax(const std::vector<at::Tensor>& scores, const QueryRows& rows,
                                     at::ScalarType dtype);

/// Segments of weights side by side, (num_kv_heads, n * group, rows).
at::Tensor joinedWeights(const std::vector<at::Tensor>& parts);

/// p V: weights (num_kv_heads, n * group, rows), values (rows, num_kv_heads, head_dim) →
/// (num_kv_heads, n * group, head_dim).
at::Tensor weightedValues(const at::Tensor& weights, const at::Tensor& values);

/// (num_kv_heads, n * group, head_dim) → (n, num_heads, head_dim).
at::Tensor queryOrder(const at::Tensor& mixed, int64_t count);

}  // namespace xkv
