// SPDX-License-Identifier: Apache-2.0
/// Scores, softmax and weighted sums of a block of tokens for the query heads of one KV head; included once per
/// instruction set.
#if defined(XKV_ENGINE_OPS_SIMD_ATTENTION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef XKV_ENGINE_OPS_SIMD_ATTENTION_INL_H
#undef XKV_ENGINE_OPS_SIMD_ATTENTION_INL_H
#else
#define XKV_ENGINE_OPS_SIMD_ATTENTION_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <limits>

#include "engine/ops/simd/lanes_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// scores[q * score_stride + t] = query_q . row_t for kQueries queries, (kQueries, dim) fp32, and `count` rows.
template <int kQueries, class T>
HWY_INLINE void dotBlock(const float* query, int64_t dim, const T* rows, int64_t row_stride,
                         int64_t count, float* scores, int64_t score_stride) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t t = 0; t < count; ++t) {
    const T* row = rows + t * row_stride;
    FloatVec sums[kQueries];
    for (int q = 0; q < kQueries; ++q) sums[q] = hn::Zero(d);
    int64_t i = 0;
    for (; i + lanes <= dim; i += lanes) {
      const FloatVec piece = loadFloats(d, row + i);
      for (int q = 0; q < kQueries; ++q) {
        sums[q] = hn::MulAdd(hn::LoadU(d, query + q * dim + i), piece, sums[q]);
      }
    }
    if (i < dim) {
      const FloatVec piece = loadSomeFloats(d, row + i, dim - i);
      for (int q = 0; q < kQueries; ++q) {
        sums[q] = hn::MulAdd(loadSomeFloats(d, query + q * dim + i, dim - i), piece, sums[q]);
      }
    }
    for (int q = 0; q < kQueries; ++q) {
      scores[q * score_stride + t] = hn::GetLane(hn::SumOfLanes(d, sums[q]));
    }
  }
}

/// The same for any number of queries.
template <class T>
void groupScores(const float* query, int64_t queries, int64_t dim, const T* rows,
                 int64_t row_stride, int64_t count, float* scores, int64_t score_stride) {
  int64_t q = 0;
  const auto some = [&]<int kQueries>() {
    for (; q + kQueries <= queries; q += kQueries) {
      dotBlock<kQueries>(query + q * dim, dim, rows, row_stride, count, scores + q * score_stride,
                         score_stride);
    }
  };
  some.template operator()<4>();
  some.template operator()<2>();
  some.template operator()<1>();
}

/// e^x for x <= 0; no number stays none.
HWY_INLINE FloatVec expOf(Floats d, FloatVec x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
}

/// x = e^(scale x - top) for `count` values; gives their sum.
HWY_INLINE float exponentials(float* x, int64_t count, float scale, float top) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVec by = hn::Set(d, scale);
  const FloatVec below = hn::Set(d, top);
  FloatVec sums = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const FloatVec e = expOf(d, hn::Sub(hn::Mul(hn::LoadU(d, x + i), by), below));
    hn::StoreU(e, d, x + i);
    sums = hn::Add(sums, e);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  HWY_ALIGN float one[HWY_MAX_BYTES / sizeof(float)];
  for (; i < count; ++i) {
    hn::Store(expOf(d, hn::Set(d, x[i] * scale - top)), d, one);
    x[i] = one[0];
    sum += one[0];
  }
  return sum;
}

/// sums[q * dim + i] += sum over t of weights[q * weight_stride + t] row_t[i], for kQueries queries.
template <int kQueries, class T>
HWY_INLINE void mixBlock(const float* weights, int64_t weight_stride, const T* rows,
                         int64_t row_stride, int64_t count, int64_t dim, float* sums) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < dim; i += lanes) {
    const int64_t rest = std::min(lanes, dim - i);
    FloatVec mixed[kQueries];
    for (int q = 0; q < kQueries; ++q) mixed[q] = hn::Zero(d);
    for (int64_t t = 0; t < count; ++t) {
      const T* row = rows + t * row_stride + i;
      const FloatVec piece = rest == lanes ? loadFloats(d, row) : loadSomeFloats(d, row, rest);
      for (int q = 0; q < kQueries; ++q) {
        mixed[q] = hn::MulAdd(hn::Set(d, weights[q * weight_stride + t]), piece, mixed[q]);
      }
    }
    HWY_ALIGN float part[HWY_MAX_BYTES / sizeof(float)];
    for (int q = 0; q < kQueries; ++q) {
      hn::Store(mixed[q], d, part);
      for (int64_t j = 0; j < rest; ++j) sums[q * dim + i + j] += part[j];
    }
  }
}

/// The same for any number of queries.
template <class T>
void groupMix(const float* weights, int64_t weight_stride, int64_t queries, const T* rows,
              int64_t row_stride, int64_t count, int64_t dim, float* sums) {
  int64_t q = 0;
  const auto some = [&]<int kQueries>() {
    for (; q + kQueries <= queries; q += kQueries) {
      mixBlock<kQueries>(weights + q * weight_stride, weight_stride, rows, row_stride, count, dim,
                         sums + q * dim);
    }
  };
  some.template operator()<4>();
  some.template operator()<2>();
  some.template operator()<1>();
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
