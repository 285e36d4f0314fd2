// SPDX-License-Identifier: Apache-2.0
/// Attention with keys and values of their own, shared by groups of query heads (GQA, MQA, MHA).
#pragma once

#include <array>

#include "engine/model/attention.h"

namespace xkv {

/// Keys are normed per head first where a model has k_norm: what is cached is after k_norm, before
/// RoPE.
class GroupedAttention final : public Attention {
 public:
  GroupedAttention(const GroupedAttentionWeights& weights, const ModelConfig& config,
                   const RotaryTable& rotary);

  CacheRows rows(const at::Tensor& normed) const override;
  HeadRows expanded(const CacheRows& rows, int64_t first_position) const override;
  at::Tensor promptQuery(const at::Tensor& normed, int64_t first_position) const override;
  at::Tensor promptOutput(const at::Tensor& mixed) const override;
  at::Tensor cacheQuery(const at::Tensor& normed, int64_t first_position) const override;
  QueryAndRows step(const at::Tensor& normed, int64_t first_position) const override;
  at::Tensor cacheOutput(const at::Tensor& mixed) const override;

 private:
  CacheRows rowsOf(const at::Tensor& keys, const at::Tensor& values) const;
  at::Tensor queryOf(const at::Tensor& projected, int64_t first_position) const;
  at::Tensor headNorm(const at::Tensor& heads, const at::Tensor& weight) const;

  GroupedAttentionWeights weights_;
  const ModelConfig& config_;
  const RotaryTable& rotary_;
};

std::array<StreamForm, 2> groupedStreams(const ModelShape& shape);

}  // namespace xkv
