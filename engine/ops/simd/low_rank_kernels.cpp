// SPDX-License-Identifier: Apache-2.0
/// The parts of attention over factors that a thread does for its tokens, in the processor's widest lanes.
#include "engine/ops/simd/low_rank_kernels.h"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/ops/simd/low_rank_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/ops/simd/attention_inl.h"
#include "engine/ops/simd/rebuild_inl.h"
#include "engine/ops/simd/rotate_inl.h"
#include "engine/ops/simd/tile_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

int64_t columnsOfTile() { return tileColumns(); }

/// Scores of the first `count` tokens of a block of A; `first` is their place among all tokens.
void scoreBlock(const LowRankAttentionArgs& args, const float* query, const PackedFactor& factor,
                const BasisBlock& basis, int64_t first, int64_t count, float* scores,
                int64_t score_stride) {
  const int64_t group = args.num_heads / args.num_kv_heads;
  const int64_t pairs = args.head_dim / 2;
  const int64_t width = factor.rowWidth();
  std::vector<float> keys(static_cast<size_t>(count * width));
  for (int64_t kv_head = 0; kv_head < args.num_kv_heads; ++kv_head) {
    rebuildHead(factor, basis, kv_head, count, keys.data());
    for (int64_t t = 0; t < count; ++t) {
      const int64_t place = (first + t) * pairs;
      rotateHead(keys.data() + t * width, args.cos + place, args.sin + place, pairs,
                 args.interleaved);
    }
    const int64_t head = kv_head * group;
    groupScores(query + head * args.head_dim, group, args.head_dim, keys.data(), width, count,
                scores + head * score_stride, score_stride);
  }
}

/// Scores of dense rows of all KV heads.
void scoreDense(const LowRankAttentionArgs& args, const float* query, const void* rows,
                int64_t count, float* scores, int64_t score_stride) {
  const int64_t group = args.num_heads / args.num_kv_heads;
  const int64_t dim = args.head_dim;
  withElements(rows, args.dtype, [&](const auto* keys) {
    for (int64_t kv_head = 0; kv_head < args.num_kv_heads; ++kv_head) {
      groupScores(query + kv_head * group * dim, group, dim, keys + kv_head * dim,
                  args.num_kv_heads * dim, count, scores + kv_head * group * score_stride,
                  score_stride);
    }
  });
}

/// x = e^(scale x - scale max) over one head's scores; gives scale max, and the sum.
void weigh(float* scores, int64_t count, float scale, float& top, float& sum) {
  top = scale * *std::max_element(scores, scores + count);
  sum = exponentials(scores, count, scale, top);
}

/// absorbed += weights A for a block of tokens: weights (num_heads, count), basis (count, width), whole tiles wide.
void absorbBlock(int64_t num_heads, const float* weights, int64_t weight_stride,
                 const float* basis, int64_t width, int64_t count, float* absorbed) {
  for (int64_t column = 0; column < width; column += tileColumns()) {
    tileRows({.a = weights,
              .a_stride = weight_stride,
              .b = basis + column,
              .b_stride = width,
              .depth = count,
              .c = absorbed + column,
              .c_stride = width},
             num_heads);
  }
}

/// mixed += weights V of dense rows, or absorbed B_l: `rows` are (count, num_kv_heads, head_dim) of either.
void mixDense(const LowRankAttentionArgs& args, const float* weights, int64_t weight_stride,
              const void* rows, int64_t count, int64_t kv_head, float* mixed) {
  const int64_t group = args.num_heads / args.num_kv_heads;
  const int64_t dim = args.head_dim;
  const int64_t head = kv_head * group;
  withElements(rows, args.dtype, [&](const auto* values) {
    groupMix(weights + head * weight_stride, weight_stride, group, values + kv_head * dim,
             args.num_kv_heads * dim, count, dim, mixed + head * dim);
  });
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace xkv::simd {

HWY_EXPORT(columnsOfTile);
HWY_EXPORT(scoreBlock);
HWY_EXPORT(scoreDense);
HWY_EXPORT(weigh);
HWY_EXPORT(absorbBlock);
HWY_EXPORT(mixDense);

namespace kernels {

int64_t columnsOfTile() { return HWY_DYNAMIC_DISPATCH(columnsOfTile)(); }

void scoreBlock(const LowRankAttentionArgs& args, const float* query,
                                const PackedFactor& factor, const BasisBlock& basis, int64_t first,
                                int64_t count, float* scores, int64_t score_stride) {
  HWY_DYNAMIC_DISPATCH(scoreBlock)
  (args, query, factor, basis, first, count, scores, score_stride);
}

void scoreDense(const LowRankAttentionArgs& args, const float* query,
                                const void* rows, int64_t count, float* scores,
                                int64_t score_stride) {
  HWY_DYNAMIC_DISPATCH(scoreDense)(args, query, rows, count, scores, score_stride);
}

void weigh(float* scores, int64_t count, float scale, float& top, float& sum) {
  HWY_DYNAMIC_DISPATCH(weigh)(scores, count, scale, top, sum);
}

void absorbBlock(int64_t num_heads, const float* weights, int64_t weight_stride,
                                 const float* basis, int64_t width, int64_t count,
                                 float* absorbed) {
  HWY_DYNAMIC_DISPATCH(absorbBlock)
  (num_heads, weights, weight_stride, basis, width, count, absorbed);
}

void mixDense(const LowRankAttentionArgs& args, const float* weights,
                              int64_t weight_stride, const void* rows, int64_t count,
                              int64_t kv_head, float* mixed) {
  HWY_DYNAMIC_DISPATCH(mixDense)
  (args, weights, weight_stride, rows, count, kv_head, mixed);
}

}  // namespace kernels
}  // namespace xkv::simd
#endif  // HWY_ONCE
