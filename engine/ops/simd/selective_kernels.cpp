// SPDX-License-Identifier: Apache-2.0
/// The parts of Selective Reconstruction that a thread does for its KV heads, in the processor's widest lanes.
#include "engine/ops/simd/selective_kernels.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/ops/simd/element.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/ops/simd/selective_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/ops/simd/attention_inl.h"
#include "engine/ops/simd/rebuild_inl.h"
#include "engine/ops/simd/rotate_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

using kernels::HeadGroup;

template <class T>
HWY_INLINE const T* rowsOf(const HeadedRows& rows, const T*, int64_t head) {
  return static_cast<const T*>(rows.data) + head * rows.head_stride;
}

void scoreRows(const HeadGroup& group, const HeadedRows& keys, int64_t num_rows, float* scores,
               int64_t stride) {
  withElements(keys.data, group.dtype, [&](const auto* element) {
    groupScores(group.query, group.count, group.head_dim, rowsOf(keys, element, group.kv_head),
                keys.row_stride, num_rows, scores, stride);
  });
}

void softmaxRows(const HeadGroup& group, float* scores, int64_t total, int64_t stride) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t q = 0; q < group.count; ++q) {
    float* row = scores + q * stride;
    const float top = group.softmax_scale * *std::max_element(row, row + total);
    const float share = 1 / exponentials(row, total, group.softmax_scale, top);
    int64_t i = 0;
    for (; i + lanes <= total; i += lanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, row + i), hn::Set(d, share)), d, row + i);
    }
    for (; i < total; ++i) row[i] *= share;
  }
}

void addLandmarkWeights(const HeadGroup& group, const Landmarks& landmarks, float* weights,
                        float* sums) {
  const int64_t count = landmarks.rows.rows;
  if (landmarks.scales == nullptr) {
    HWY_NAMESPACE::scoreRows(group, landmarks.rows, count, weights, count);
  } else {
    const int8_t* codes = nullptr;
    groupScores(group.query, group.count, group.head_dim,
                rowsOf(landmarks.rows, codes, group.kv_head), landmarks.rows.row_stride, count,
                weights, count);
    const float* scales = landmarks.scales + group.kv_head * count;
    for (int64_t q = 0; q < group.count; ++q) {
      for (int64_t i = 0; i < count; ++i) weights[q * count + i] *= scales[i];
    }
  }
  HWY_NAMESPACE::softmaxRows(group, weights, count, count);
  for (int64_t i = 0; i < group.count * count; ++i) sums[i] += weights[i];
}

void rebuildChunks(const KeyRebuild& how, const PackedFactor& factor, const ChunkMove* moves,
                   int64_t count) {
  const int64_t rows_at_once = std::max(BasisBlock::kRows / how.chunk * how.chunk, std::min(BasisBlock::kRows, how.chunk));
  const int64_t width = factor.rowWidth();
  BasisBlock basis(factor, how.dtype);
  std::vector<float> keys(static_cast<size_t>(rows_at_once * width));
  // Rows are counted over all moves; a block ends with a chunk, or is part of a chunk that is larger.
  const int64_t total = count * how.chunk;
  for (int64_t begin = 0; begin < total;) {
    const int64_t left_of_chunk = how.chunk - begin % how.chunk;
    const int64_t some = std::min({rows_at_once, total - begin, how.chunk > rows_at_once ? left_of_chunk : total});
    const auto tokenOf = [&](int64_t row) { return moves[row / how.chunk].chunk * how.chunk + row % how.chunk; };
    for (int64_t row = begin; row < begin + some;) {
      const int64_t of_chunk = std::min(begin + some - row, how.chunk - row % how.chunk);
      basis.read(elementAt(how.token_basis.data, how.dtype, tokenOf(row) * how.token_basis.row_stride),
                 how.token_basis.row_stride, row - begin, of_chunk);
      row += of_chunk;
    }
    for (int64_t row = begin + some; row < std::min(total, begin + 2 * some); row += how.chunk) {
      const auto* next = elementAt(how.token_basis.data, how.dtype, tokenOf(row) * how.token_basis.row_stride);
      prefetchElements(static_cast<const std::byte*>(next),
                       how.chunk * how.token_basis.row_stride * bytesPerElement(how.dtype));
    }
    rebuildHead(factor, basis, moves[begin / how.chunk].head, some, keys.data());
    for (int64_t row = begin; row < begin + some; ++row) {
      const ChunkMove& move = moves[row / how.chunk];
      float* key = keys.data() + (row - begin) * width;
      const int64_t turns = tokenOf(row) * how.head_dim / 2;
      rotateHead(key, how.cosines + turns, how.sines + turns, how.head_dim / 2, /*interleaved=*/false);
      const int64_t to = move.head * how.head_stride + (move.slot * how.chunk + row % how.chunk) * how.head_dim;
      writeElements(key, how.head_dim, how.dtype, elementAt(how.keys, how.dtype, to));
    }
    begin += some;
  }
}

void mixRows(const HeadGroup& group, const HeadedRows& values, int64_t num_rows, const float* weights,
             int64_t stride, float* mixed) {
  withElements(values.data, group.dtype, [&](const auto* element) {
    groupMix(weights, stride, group.count, rowsOf(values, element, group.kv_head), values.row_stride,
             num_rows, group.head_dim, mixed);
  });
}

/// (weights A) B_l of the head.
void mixAbsorbed(const HeadGroup& group, const AttendedChunks& chunks, const int32_t* chunk_of,
                 const float* weights, int64_t stride, float* mixed) {
  const int64_t rank = chunks.token_basis.columns;
  const int64_t row_stride = chunks.token_basis.row_stride;
  std::vector<float> absorbed(static_cast<size_t>(group.count * rank));
  withElements(chunks.token_basis.data, group.dtype, [&](const auto* basis) {
    for (int64_t slot = 0; slot < chunks.slots; ++slot) {
      const auto rowsOfSlot = [&](int64_t s) { return basis + chunk_of[s] * chunks.chunk * row_stride; };
      groupMix(weights + slot * chunks.chunk, stride, group.count, rowsOfSlot(slot), row_stride, chunks.chunk, rank,
               absorbed.data(), slot + 1 < chunks.slots ? rowsOfSlot(slot + 1) : nullptr);
    }
  });
  const HeadedRows factor{chunks.layer_factor.data, rank, group.head_dim, chunks.layer_factor.row_stride};
  HWY_NAMESPACE::mixRows(group, factor, rank, absorbed.data(), rank, mixed);
}

void mixChunks(const HeadGroup& group, const AttendedChunks& chunks, const float* weights,
               int64_t stride, float* mixed) {
  const int32_t* chunk_of =
      chunks.chunks + (chunks.selections == 1 ? 0 : group.kv_head * chunks.slots);
  if (chunks.token_basis.data != nullptr) {
    mixAbsorbed(group, chunks, chunk_of, weights, stride, mixed);
    return;
  }
  for (int64_t slot = 0; slot < chunks.slots; ++slot) {
    HeadedRows rows = chunks.values;
    rows.data = elementAt(rows.data, group.dtype, chunk_of[slot] * chunks.chunk * rows.row_stride);
    HWY_NAMESPACE::mixRows(group, rows, chunks.chunk, weights + slot * chunks.chunk, stride, mixed);
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace xkv::simd {

HWY_EXPORT(addLandmarkWeights);
HWY_EXPORT(rebuildChunks);
HWY_EXPORT(scoreRows);
HWY_EXPORT(softmaxRows);
HWY_EXPORT(mixRows);
HWY_EXPORT(mixChunks);

namespace kernels {

void addLandmarkWeights(const HeadGroup& group, const Landmarks& landmarks, float* weights, float* sums) {
  HWY_DYNAMIC_DISPATCH(addLandmarkWeights)(group, landmarks, weights, sums);
}

void rebuildChunks(const KeyRebuild& how, const PackedFactor& factor, const ChunkMove* moves, int64_t count) {
  HWY_DYNAMIC_DISPATCH(rebuildChunks)(how, factor, moves, count);
}

void scoreRows(const HeadGroup& group, const HeadedRows& keys, int64_t num_rows, float* scores, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(scoreRows)(group, keys, num_rows, scores, stride);
}

void softmaxRows(const HeadGroup& group, float* scores, int64_t total, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(softmaxRows)(group, scores, total, stride);
}

void mixRows(const HeadGroup& group, const HeadedRows& values, int64_t num_rows, const float* weights,
             int64_t stride, float* mixed) {
  HWY_DYNAMIC_DISPATCH(mixRows)(group, values, num_rows, weights, stride, mixed);
}

void mixChunks(const HeadGroup& group, const AttendedChunks& chunks, const float* weights, int64_t stride,
               float* mixed) {
  HWY_DYNAMIC_DISPATCH(mixChunks)(group, chunks, weights, stride, mixed);
}

}  // namespace kernels
}  // namespace xkv::simd
#endif  // HWY_ONCE
