// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over rows of a cache, as grouped matrix products.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace xkv {

/// q K^T / sqrt(head_dim): query (num_heads, head_dim), keys (n, num_kv_heads, head_dim), rotated →
/// (num_kv_heads, num_heads / num_kv_heads, n). at::scaled_dot_product_attention is 16 times slower here for
/// one row under GQA (ENGINE.md).
at::Tensor rowScores(const at::Tensor& query, const at::Tensor& keys);

/// Softmax over the joined segments, in fp32; the pieces come back split, in the query's dtype.
std::vector<at::Tensor> jointSoftmax(const std::vector<at::Tensor>& scores, at::ScalarType dtype);

/// Segments of weights side by side, (num_kv_heads, group, n).
at::Tensor joinedWeights(const std::vector<at::Tensor>& parts);

/// p V: weights (num_kv_heads, group, n), values (n, num_kv_heads, head_dim) → (num_heads, head_dim).
at::Tensor weightedValues(const at::Tensor& weights, const at::Tensor& values);

}  // namespace xkv
