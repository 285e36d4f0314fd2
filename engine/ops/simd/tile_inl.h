// SPDX-License-Identifier: Apache-2.0
/// A product of small fp32 matrices in registers, the inner part of larger ones; included once per instruction set.
#if defined(XKV_ENGINE_OPS_SIMD_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef XKV_ENGINE_OPS_SIMD_TILE_INL_H
#undef XKV_ENGINE_OPS_SIMD_TILE_INL_H
#else
#define XKV_ENGINE_OPS_SIMD_TILE_INL_H
#endif

#include "engine/ops/simd/lanes_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// Columns of a tile: two vectors, so that six rows of sums, two pieces of b and one of a fit 16 registers.
HWY_INLINE int64_t tileColumns() { return 2 * static_cast<int64_t>(hn::Lanes(Floats())); }

struct TileArgs {
  const float* a;  // (rows, depth), a_stride apart
  int64_t a_stride;
  const float* b;  // (depth, tileColumns()), b_stride apart
  int64_t b_stride;
  int64_t depth;
  float* c;  // (rows, tileColumns()), c_stride apart
  int64_t c_stride;
};

/// c += a b of kRows rows.
template <int kRows>
HWY_INLINE void tileProduct(const TileArgs& t) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec left[kRows];
  FloatVec right[kRows];
  XKV_UNROLL for (int r = 0; r < kRows; ++r) {
    left[r] = hn::LoadU(d, t.c + r * t.c_stride);
    right[r] = hn::LoadU(d, t.c + r * t.c_stride + lanes);
  }
  for (int64_t k = 0; k < t.depth; ++k) {
    const FloatVec first = hn::LoadU(d, t.b + k * t.b_stride);
    const FloatVec second = hn::LoadU(d, t.b + k * t.b_stride + lanes);
    XKV_UNROLL for (int r = 0; r < kRows; ++r) {
      const FloatVec x = hn::Set(d, t.a[r * t.a_stride + k]);
      left[r] = hn::MulAdd(x, first, left[r]);
      right[r] = hn::MulAdd(x, second, right[r]);
    }
  }
  XKV_UNROLL for (int r = 0; r < kRows; ++r) {
    hn::StoreU(left[r], d, t.c + r * t.c_stride);
    hn::StoreU(right[r], d, t.c + r * t.c_stride + lanes);
  }
}

/// c += a b of any number of rows.
HWY_INLINE void tileRows(TileArgs t, int64_t rows) {
  const auto next = [&](int64_t count) {
    t.a += count * t.a_stride;
    t.c += count * t.c_stride;
    rows -= count;
  };
  for (; rows >= 6; next(6)) tileProduct<6>(t);
  for (; rows >= 2; next(2)) tileProduct<2>(t);
  for (; rows >= 1; next(1)) tileProduct<1>(t);
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
