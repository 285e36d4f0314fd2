// SPDX-License-Identifier: Apache-2.0
/// Multi-head latent attention (MLA, DeepSeek-V2): one latent and one RoPE key per token, shared by
/// all heads.
#pragma once

#include <array>
#include <vector>

#include "engine/model/attention.h"

namespace xkv {

/// What is cached is the latent before kv_a_layernorm and the RoPE key before RoPE. A prompt
/// attends to keys and values expanded for the layer that it passes; over a cache the query goes
/// through W_UK and what comes back through W_UV, so that nothing is expanded.
class LatentAttention final : public Attention {
 public:
  LatentAttention(const LatentAttentionWeights& weights, const ModelConfig& config,
                  const RotaryTable& rotary);

  CacheRows rows(const at::Tensor& normed) const override;
  HeadRows expanded(const CacheRows& rows, int64_t first_position) const override;
  at::Tensor promptQuery(const at::Tensor& normed, int64_t first_position) const override;
  at::Tensor promptOutput(const at::Tensor& mixed) const override;
  at::Tensor cacheQuery(const at::Tensor& normed, int64_t first_position) const override;
  at::Tensor cacheOutput(const at::Tensor& mixed) const override;

 private:
  struct SplitQuery {
    at::Tensor nope;  // (n, num_heads, qk_nope_head_dim)
    at::Tensor rope;  // (n, num_heads, qk_rope_head_dim), rotated
  };
  SplitQuery query(const at::Tensor& normed, int64_t first_position) const;
  at::Tensor norm(const at::Tensor& x, const at::Tensor& weight) const;

  LatentAttentionWeights weights_;
  at::Tensor key_up_;    // W_UK, (num_heads, qk_nope_head_dim, kv_lora_rank), a view
  at::Tensor value_up_;  // W_UV, (num_heads, v_head_dim, kv_lora_rank), a view
  const ModelConfig& config_;
  const RotaryTable& rotary_;
};

std::array<StreamForm, 2> latentStreams(const ModelConfig& config,
                                        const std::vector<LayerWeights>& layers);

}  // namespace xkv
