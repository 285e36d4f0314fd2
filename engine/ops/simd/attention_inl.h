// SPDX-License-Identifier: Apache-2.0
/// Softmax and weighted sums of a block of tokens for the query heads of one KV head; included once per instruction
/// set.
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
#include "engine/ops/simd/scores_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

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

/// sums[q * dim + i] += sum over t of weights[q * weight_stride + t] row_t[i], for kQueries queries and kPieces vectors
/// of columns.
template <int kQueries, int kPieces, class T>
HWY_INLINE void mixColumns(const float* weights, int64_t weight_stride, const T* rows,
                           int64_t row_stride, int64_t count, int64_t dim, float* sums) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec mixed[kQueries * kPieces];
  XKV_UNROLL for (int q = 0; q < kQueries; ++q) {
    XKV_UNROLL for (int i = 0; i < kPieces; ++i) {
      mixed[q * kPieces + i] = hn::LoadU(d, sums + q * dim + i * lanes);
    }
  }
  for (int64_t t = 0; t < count; ++t) {
    FloatVec pieces[kPieces];
    XKV_UNROLL for (int i = 0; i < kPieces; ++i) {
      pieces[i] = loadFloats(d, rows + t * row_stride + i * lanes);
    }
    XKV_UNROLL for (int q = 0; q < kQueries; ++q) {
      const FloatVec weight = hn::Set(d, weights[q * weight_stride + t]);
      XKV_UNROLL for (int i = 0; i < kPieces; ++i) {
        mixed[q * kPieces + i] = hn::MulAdd(weight, pieces[i], mixed[q * kPieces + i]);
      }
    }
  }
  XKV_UNROLL for (int q = 0; q < kQueries; ++q) {
    XKV_UNROLL for (int i = 0; i < kPieces; ++i) {
      hn::StoreU(mixed[q * kPieces + i], d, sums + q * dim + i * lanes);
    }
  }
}

/// The same for the last columns, fewer than there are lanes.
template <class T>
HWY_INLINE void mixLastColumns(const float* weights, const T* rows, int64_t row_stride,
                               int64_t count, int64_t columns, float* sums) {
  const Floats d;
  FloatVec mixed = loadSomeFloats(d, sums, columns);
  for (int64_t t = 0; t < count; ++t) {
    const FloatVec piece = loadSomeFloats(d, rows + t * row_stride, columns);
    mixed = hn::MulAdd(hn::Set(d, weights[t]), piece, mixed);
  }
  HWY_ALIGN float part[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(mixed, d, part);
  std::copy_n(part, columns, sums);
}

/// The same for all columns.
template <int kQueries, class T>
HWY_INLINE void mixBlock(const float* weights, int64_t weight_stride, const T* rows,
                         int64_t row_stride, int64_t count, int64_t dim, float* sums) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Floats()));
  int64_t i = 0;
  for (; i + 2 * lanes <= dim; i += 2 * lanes) {
    mixColumns<kQueries, 2>(weights, weight_stride, rows + i, row_stride, count, dim, sums + i);
  }
  for (; i + lanes <= dim; i += lanes) {
    mixColumns<kQueries, 1>(weights, weight_stride, rows + i, row_stride, count, dim, sums + i);
  }
  if (i == dim) return;
  for (int q = 0; q < kQueries; ++q) {
    mixLastColumns(weights + q * weight_stride, rows + i, row_stride, count, dim - i,
                   sums + q * dim + i);
  }
}

/// The same for any number of queries.
template <class T>
HWY_INLINE void mixQueries(const float* weights, int64_t weight_stride, int64_t queries, const T* rows,
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

/// The same, few rows at a time: rows a power of two apart share the few places that the first-level cache has for
/// them. `next`: as many elements, one after the other, that are read later; or null.
template <class T>
void groupMix(const float* weights, int64_t weight_stride, int64_t queries, const T* rows,
              int64_t row_stride, int64_t count, int64_t dim, float* sums, const T* next = nullptr) {
  constexpr int64_t kRows = 16;
  for (int64_t t = 0; t < count; t += kRows) {
    const int64_t some = std::min(kRows, count - t);
    if (next != nullptr) prefetchElements(next + t * dim, some * dim);
    mixQueries(weights + t, weight_stride, queries, rows + t * row_stride, row_stride, some, dim, sums);
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
