// SPDX-License-Identifier: Apache-2.0
/// The parts of attention over factors that a thread does for its tokens, in the processor's widest lanes.
#pragma once

#include <cstdint>

#include "engine/ops/simd/low_rank_attention.h"
#include "engine/ops/simd/packed_factor.h"

namespace xkv::simd::kernels {

/// Columns of an fp32 panel of PackedFactor, and what a width of absorbBlock() is a multiple of.
int64_t columnsOfTile();

/// Scores of the first `count` tokens of a block of A: their keys are rebuilt, rotated and scored.
/// `first` is the first one's place among all tokens; scores (num_heads, count), score_stride apart.
void scoreBlock(const LowRankAttentionArgs& args, const float* query, const PackedFactor& factor,
                const BasisBlock& basis, int64_t first, int64_t count, float* scores,
                int64_t score_stride);

/// Scores of dense keys (count, num_kv_heads, head_dim).
void scoreDense(const LowRankAttentionArgs& args, const float* query, const void* rows,
                int64_t count, float* scores, int64_t score_stride);

/// One head's scores become weights e^(scale x - top), with top = scale max x and their sum.
void weigh(float* scores, int64_t count, float scale, float& top, float& sum);

/// absorbed (num_heads, width) += weights (num_heads, count) times basis (count, width).
void absorbBlock(int64_t num_heads, const float* weights, int64_t weight_stride,
                 const float* basis, int64_t width, int64_t count, float* absorbed);

/// mixed (num_heads, head_dim) += weights times dense values (count, num_kv_heads, head_dim), for the query heads of
/// one KV head. Absorbed weights times B_l are the same sum over `rank` rows.
void mixDense(const LowRankAttentionArgs& args, const float* weights, int64_t weight_stride,
              const void* rows, int64_t count, int64_t kv_head, float* mixed);

}  // namespace xkv::simd::kernels
