// SPDX-License-Identifier: Apache-2.0
/// Attention with keys and values of their own, shared by groups of query heads (GQA, MQA, MHA).
#include "engine/model/grouped_attention.h"

#include "engine/model/rms_norm.h"

namespace xkv {

GroupedAttention::GroupedAttention(const GroupedAttentionWeights& weights,
                                   const ModelConfig& config, const RotaryTable& rotary)
    : weights_(weights), config_(config), rotary_(rotary) {}

at::Tensor GroupedAttention::headNorm(const at::Tensor& heads, const at::Tensor& weight) const {
  if (!weight.defined()) return heads;
  return rmsNorm(heads, weight, config_.rms_norm_eps);
}

CacheRows GroupedAttention::rowsOf(const at::Tensor& keys, const at::Tensor& values) const {
  const ModelShape& shape = config_.shape;
  const at::Tensor heads = keys.view({keys.size(0), shape.num_kv_heads, shape.head_dim});
  return {{headNorm(heads, weights_.key_norm).view({keys.size(0), shape.kvDim()}), values}};
}

CacheRows GroupedAttention::rows(const at::Tensor& normed) const {
  return rowsOf(apply(weights_.key, normed), apply(weights_.value, normed));
}

HeadRows GroupedAttention::expanded(const CacheRows& rows, int64_t first_position) const {
  const ModelShape& shape = config_.shape;
  const std::vector<int64_t> heads{rows.count(), shape.num_kv_heads, shape.head_dim};
  return {rotary_.rotate(rows.streams[0].view(heads), first_position), rows.streams[1].view(heads)};
}

at::Tensor GroupedAttention::queryOf(const at::Tensor& projected, int64_t first_position) const {
  const ModelShape& shape = config_.shape;
  const at::Tensor heads = projected.view({projected.size(0), shape.num_heads, shape.head_dim});
  return rotary_.rotate(headNorm(heads, weights_.query_norm), first_position);
}

at::Tensor GroupedAttention::promptQuery(const at::Tensor& normed, int64_t first_position) const {
  return queryOf(apply(weights_.query, normed), first_position);
}

at::Tensor GroupedAttention::promptOutput(const at::Tensor& mixed) const {
  return apply(weights_.output, mixed.reshape({mixed.size(0), mixed.size(1) * mixed.size(2)}));
}

at::Tensor GroupedAttention::cacheQuery(const at::Tensor& normed, int64_t first_position) const {
  return promptQuery(normed, first_position);
}

QueryAndRows GroupedAttention::step(const at::Tensor& normed, int64_t first_position) const {
  const auto made = applyAll({weights_.query, weights_.key, weights_.value}, normed);
  return {queryOf(made[0], first_position), rowsOf(made[1], made[2])};
}

at::Tensor GroupedAttention::cacheOutput(const at::Tensor& mixed) const {
  return promptOutput(mixed);
}

std::array<StreamForm, 2> groupedStreams(const ModelShape& shape) {
  StreamForm keys{.stream = Stream::key,
                  .num_heads = shape.num_kv_heads,
                  .head_dim = shape.head_dim,
                  .rotates = true,
                  .query_begin = 0,
                  .norms = {}};
  StreamForm values{.stream = Stream::value,
                    .num_heads = shape.num_kv_heads,
                    .head_dim = shape.head_dim,
                    .mixes = true,
                    .norms = {}};
  return {keys, values};
}

}  // namespace xkv
