// SPDX-License-Identifier: Apache-2.0
/// Rotary embedding of one head in registers; included once per instruction set.
#if defined(XKV_ENGINE_OPS_SIMD_ROTATE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef XKV_ENGINE_OPS_SIMD_ROTATE_INL_H
#undef XKV_ENGINE_OPS_SIMD_ROTATE_INL_H
#else
#define XKV_ENGINE_OPS_SIMD_ROTATE_INL_H
#endif

#include "engine/ops/simd/lanes_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// (a, b) → (a cos - b sin, b cos + a sin) for one head, in place.
HWY_INLINE void rotateHead(float* head, const float* cos, const float* sin, int64_t pairs,
                           bool interleaved) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; !interleaved && i + lanes <= pairs; i += lanes) {
    const FloatVec a = hn::LoadU(d, head + i);
    const FloatVec b = hn::LoadU(d, head + pairs + i);
    const FloatVec c = hn::LoadU(d, cos + i);
    const FloatVec s = hn::LoadU(d, sin + i);
    hn::StoreU(hn::Sub(hn::Mul(a, c), hn::Mul(b, s)), d, head + i);
    hn::StoreU(hn::Add(hn::Mul(b, c), hn::Mul(a, s)), d, head + pairs + i);
  }
  for (; i < pairs; ++i) {
    float& a = interleaved ? head[2 * i] : head[i];
    float& b = interleaved ? head[2 * i + 1] : head[pairs + i];
    const float turned = a * cos[i] - b * sin[i];
    b = b * cos[i] + a * sin[i];
    a = turned;
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
