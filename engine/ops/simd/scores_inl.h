// SPDX-License-Identifier: Apache-2.0
/// Scores of a block of tokens for the query heads of one KV head; included once per instruction set.
#if defined(XKV_ENGINE_OPS_SIMD_SCORES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef XKV_ENGINE_OPS_SIMD_SCORES_INL_H
#undef XKV_ENGINE_OPS_SIMD_SCORES_INL_H
#else
#define XKV_ENGINE_OPS_SIMD_SCORES_INL_H
#endif

#include "engine/ops/simd/lanes_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// The sums of the lanes of four vectors.
HWY_INLINE void sumsOfFour(const FloatVec* v, float* sums) {
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < 4; ++i) sums[i] = hn::GetLane(v[i]);
#else
  const Floats d;
  const hn::Repartition<double, Floats> pairs;
  const FloatVec ab = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const FloatVec cd = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  const auto first = hn::BitCast(pairs, ab);
  const auto second = hn::BitCast(pairs, cd);
  const FloatVec blocks = hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, first, second)),
                                  hn::BitCast(d, hn::InterleaveUpper(pairs, first, second)));
  HWY_ALIGN float parts[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(blocks, d, parts);
  for (int i = 0; i < 4; ++i) sums[i] = parts[i];
  for (size_t block = 4; block < hn::Lanes(d); block += 4) {
    for (size_t i = 0; i < 4; ++i) sums[i] += parts[block + i];
  }
#endif
}

/// scores[q * score_stride + t] = query_q . row_t for kQueries queries, (kQueries, dim) fp32, and kTokens rows.
template <int kQueries, int kTokens, class T>
HWY_INLINE void dotRows(const float* query, int64_t dim, const T* rows, int64_t row_stride,
                        float* scores, int64_t score_stride) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec sums[kQueries * kTokens];
  XKV_UNROLL for (int i = 0; i < kQueries * kTokens; ++i) sums[i] = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= dim; i += lanes) {
    FloatVec pieces[kTokens];
    XKV_UNROLL for (int t = 0; t < kTokens; ++t) {
      pieces[t] = loadFloats(d, rows + t * row_stride + i);
    }
    XKV_UNROLL for (int q = 0; q < kQueries; ++q) {
      const FloatVec part = hn::LoadU(d, query + q * dim + i);
      XKV_UNROLL for (int t = 0; t < kTokens; ++t) {
        sums[q * kTokens + t] = hn::MulAdd(part, pieces[t], sums[q * kTokens + t]);
      }
    }
  }
  if (i < dim) {
    XKV_UNROLL for (int q = 0; q < kQueries; ++q) {
      const FloatVec part = loadSomeFloats(d, query + q * dim + i, dim - i);
      XKV_UNROLL for (int t = 0; t < kTokens; ++t) {
        const FloatVec piece = loadSomeFloats(d, rows + t * row_stride + i, dim - i);
        sums[q * kTokens + t] = hn::MulAdd(part, piece, sums[q * kTokens + t]);
      }
    }
  }
  if constexpr (kTokens == 4) {
    XKV_UNROLL for (int q = 0; q < kQueries; ++q) sumsOfFour(sums + q * 4, scores + q * score_stride);
  } else if constexpr (kTokens == 2 && kQueries % 2 == 0) {
    XKV_UNROLL for (int q = 0; q < kQueries; q += 2) {
      float two_each[4];
      sumsOfFour(sums + q * 2, two_each);
      scores[q * score_stride] = two_each[0];
      scores[q * score_stride + 1] = two_each[1];
      scores[(q + 1) * score_stride] = two_each[2];
      scores[(q + 1) * score_stride + 1] = two_each[3];
    }
  } else {
    XKV_UNROLL for (int q = 0; q < kQueries; ++q) {
      XKV_UNROLL for (int t = 0; t < kTokens; ++t) {
        scores[q * score_stride + t] = hn::GetLane(hn::SumOfLanes(d, sums[q * kTokens + t]));
      }
    }
  }
}

/// Asks for `count` elements that are read soon.
template <class T>
HWY_INLINE void prefetchElements(const T* from, int64_t count) {
  constexpr auto kOfLine = static_cast<int64_t>(64 / sizeof(T));
  constexpr int kSecondLevel = 2;  // the first has no room for what is not read at once
  for (int64_t i = 0; i < count; i += kOfLine) __builtin_prefetch(from + i, /*rw=*/0, kSecondLevel);
}

/// The same for `count` rows. `next`: as many elements, one after the other, that are read later; or null.
template <int kQueries, class T>
HWY_INLINE void dotBlock(const float* query, int64_t dim, const T* rows, int64_t row_stride,
                         int64_t count, float* scores, int64_t score_stride, const T* next) {
  constexpr int kTokens = kQueries < 4 ? 4 : 2;  // sums, pieces and a part of a query fit 16 registers
  int64_t t = 0;
  for (; t + kTokens <= count; t += kTokens) {
    if (next != nullptr) prefetchElements(next + t * dim, kTokens * dim);
    dotRows<kQueries, kTokens>(query, dim, rows + t * row_stride, row_stride, scores + t, score_stride);
  }
  for (; t < count; ++t) {
    dotRows<kQueries, 1>(query, dim, rows + t * row_stride, row_stride, scores + t, score_stride);
  }
}

/// The same for any number of queries.
template <class T>
void groupScores(const float* query, int64_t queries, int64_t dim, const T* rows,
                 int64_t row_stride, int64_t count, float* scores, int64_t score_stride,
                 const T* next = nullptr) {
  int64_t q = 0;
  const auto some = [&]<int kQueries>() {
    for (; q + kQueries <= queries; q += kQueries) {
      dotBlock<kQueries>(query + q * dim, dim, rows, row_stride, count, scores + q * score_stride,
                         score_stride, q == 0 ? next : nullptr);
    }
  };
  some.template operator()<4>();
  some.template operator()<2>();
  some.template operator()<1>();
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
