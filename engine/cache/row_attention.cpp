// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over rows of a cache, as grouped matrix products.
#include "engine/cache/row_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>

#include <cmath>

namespace xkv {

at::Tensor rowScores(const at::Tensor& query, const at::Tensor& keys) {
  const int64_t kv_heads = keys.size(1);
  const int64_t head_dim = keys.size(2);
  const at::Tensor grouped = query.view({kv_heads, query.size(0) / kv_heads, head_dim});
  return at::bmm(grouped, keys.permute({1, 2, 0})) / std::sqrt(static_cast<double>(head_dim));
}

std::vector<at::Tensor> jointSoftmax(const std::vector<at::Tensor>& scores, at::ScalarType dtype) {
  std::vector<int64_t> lengths;
  for (const at::Tensor& part : scores) lengths.push_back(part.size(2));
  const at::Tensor joined = scores.size() == 1 ? scores.front() : at::cat(scores, 2);
  return at::softmax(joined, -1, at::kFloat).to(dtype).split_with_sizes(lengths, 2);
}

at::Tensor joinedWeights(const std::vector<at::Tensor>& parts) {
  return parts.size() == 1 ? parts.front() : at::cat(parts, 2);
}

at::Tensor weightedValues(const at::Tensor& weights, const at::Tensor& values) {
  const int64_t heads = weights.size(0) * weights.size(1);
  return at::bmm(weights, values.transpose(0, 1)).view({heads, values.size(2)});
}

}  // namespace xkv
