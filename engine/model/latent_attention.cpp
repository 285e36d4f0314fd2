// SPDX-License-Identifier: Apache-2.0
/// Multi-head latent attention (MLA, DeepSeek-V2): one latent and one RoPE key per token, shared by
/// all heads.
#include "engine/model/latent_attention.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>

#include <variant>

#include "engine/model/rms_norm.h"

namespace xkv {

LatentAttention::LatentAttention(const LatentAttentionWeights& weights, const ModelConfig& config,
                                 const RotaryTable& rotary)
    : weights_(weights), config_(config), rotary_(rotary) {
  const ModelShape& shape = config.shape;
  const at::Tensor up = weights_.kv_up.weight.view(
      {shape.num_heads, shape.qk_nope_head_dim + shape.v_head_dim, shape.kv_lora_rank});
  key_up_ = up.slice(1, 0, shape.qk_nope_head_dim);
  value_up_ = up.slice(1, shape.qk_nope_head_dim);
}

at::Tensor LatentAttention::norm(const at::Tensor& x, const at::Tensor& weight) const {
  return rmsNorm(x, weight, config_.latent_norm_eps);
}

CacheRows LatentAttention::rows(const at::Tensor& normed) const {
  const at::Tensor joint = apply(weights_.kv_down, normed);
  return {
      {joint.slice(1, 0, config_.shape.kv_lora_rank), joint.slice(1, config_.shape.kv_lora_rank)}};
}

HeadRows LatentAttention::expanded(const CacheRows& rows, int64_t first_position) const {
  const ModelShape& shape = config_.shape;
  const int64_t count = rows.count();
  const at::Tensor up = apply(weights_.kv_up, norm(rows.of(Stream::latent), weights_.kv_norm))
                            .view({count, shape.num_heads, -1});
  const at::Tensor rope_key = rotary_.rotate(rows.of(Stream::rope_key).unsqueeze(1), first_position)
                                  .expand({count, shape.num_heads, shape.qk_rope_head_dim});
  return {at::cat({up.slice(2, 0, shape.qk_nope_head_dim), rope_key}, 2),
          up.slice(2, shape.qk_nope_head_dim)};
}

LatentAttention::SplitQuery LatentAttention::query(const at::Tensor& normed,
                                                   int64_t first_position) const {
  const ModelShape& shape = config_.shape;
  const bool low_rank = weights_.query_down.weight.defined();
  const at::Tensor input =
      low_rank ? norm(apply(weights_.query_down, normed), weights_.query_norm) : normed;
  const at::Tensor heads =
      apply(weights_.query, input).view({normed.size(0), shape.num_heads, shape.head_dim});
  return {heads.slice(2, 0, shape.qk_nope_head_dim),
          rotary_.rotate(heads.slice(2, shape.qk_nope_head_dim), first_position)};
}

at::Tensor LatentAttention::promptQuery(const at::Tensor& normed, int64_t first_position) const {
  const SplitQuery split = query(normed, first_position);
  return at::cat({split.nope, split.rope}, 2);
}

at::Tensor LatentAttention::promptOutput(const at::Tensor& mixed) const {
  return apply(weights_.output, mixed.reshape({mixed.size(0), mixed.size(1) * mixed.size(2)}));
}

at::Tensor LatentAttention::cacheQuery(const at::Tensor& normed, int64_t first_position) const {
  const SplitQuery split = query(normed, first_position);
  const at::Tensor absorbed = at::bmm(split.nope.transpose(0, 1), key_up_).transpose(0, 1);
  return at::cat({absorbed, split.rope}, 2);
}

at::Tensor LatentAttention::cacheOutput(const at::Tensor& mixed) const {
  return promptOutput(at::bmm(mixed.transpose(0, 1), value_up_.transpose(1, 2)).transpose(0, 1));
}

std::array<StreamForm, 2> latentStreams(const ModelConfig& config,
                                        const std::vector<LayerWeights>& layers) {
  const ModelShape& shape = config.shape;
  StreamForm latent{.stream = Stream::latent,
                    .head_dim = shape.kv_lora_rank,
                    .mixes = true,
                    .query_begin = 0,
                    .norms = {},
                    .norm_eps = config.latent_norm_eps};
  for (const LayerWeights& layer : layers) {
    latent.norms.push_back(std::get<LatentAttentionWeights>(layer.attention).kv_norm);
  }
  StreamForm rope_key{.stream = Stream::rope_key,
                      .head_dim = shape.qk_rope_head_dim,
                      .rotates = true,
                      .query_begin = shape.kv_lora_rank,
                      .norms = {}};
  return {latent, rope_key};
}

}  // namespace xkv
