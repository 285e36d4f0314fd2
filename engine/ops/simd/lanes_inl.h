// SPDX-License-Identifier: Apache-2.0
/// Loads of any element type into fp32 lanes; included once per instruction set, as Highway does it.
#if defined(XKV_ENGINE_OPS_SIMD_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef XKV_ENGINE_OPS_SIMD_LANES_INL_H
#undef XKV_ENGINE_OPS_SIMD_LANES_INL_H
#else
#define XKV_ENGINE_OPS_SIMD_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

#include "profiling/records/dtype.h"

/// Before a loop over vectors, whose number is known: arrays of them are registers only where it is unrolled.
#undef XKV_UNROLL
#define XKV_UNROLL _Pragma("GCC unroll 16")

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using FloatVec = hn::Vec<Floats>;

HWY_INLINE FloatVec loadFloats(Floats d, const float* from) { return hn::LoadU(d, from); }

template <class Half>
HWY_INLINE FloatVec loadFloats(Floats d, const Half* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<Half, Floats>(), from));
}

HWY_INLINE FloatVec loadFloats(Floats d, const int8_t* from) {
  const hn::Rebind<int32_t, Floats> whole;
  return hn::ConvertTo(d, hn::PromoteTo(whole, hn::LoadU(hn::Rebind<int8_t, Floats>(), from)));
}

/// The first `count` elements, fewer than there are lanes; zeros behind them.
template <class T>
HWY_INLINE FloatVec loadSomeFloats(Floats d, const T* from, int64_t count) {
  HWY_ALIGN T padded[HWY_MAX_BYTES / sizeof(T)] = {};
  std::memcpy(padded, from, static_cast<size_t>(count) * sizeof(T));
  return loadFloats(d, padded);
}

/// Calls work(const T*) with `data` as what it is.
template <class Work>
HWY_INLINE void withElements(const void* data, Dtype dtype, const Work& work) {
  switch (dtype) {
    case Dtype::fp32: work(static_cast<const float*>(data)); return;
    case Dtype::bf16: work(static_cast<const hwy::bfloat16_t*>(data)); return;
    case Dtype::fp16: work(static_cast<const hwy::float16_t*>(data)); return;
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
