// SPDX-License-Identifier: Apache-2.0
/// Elements of fp32, bf16 or fp16 behind a plain pointer, read and written as fp32.
#include "engine/ops/simd/element.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/ops/simd/element.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/ops/simd/lanes_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// Whole vectors of elements; gives how many elements they are.
int64_t readLanes(const void* from, Dtype dtype, int64_t count, float* to) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  withElements(from, dtype, [&](const auto* elements) {
    for (; i + lanes <= count; i += lanes) hn::StoreU(loadFloats(d, elements + i), d, to + i);
  });
  return i;
}

/// The same for bf16, rounded to the nearest, ties to even.
int64_t writeLanes(const float* from, int64_t count, uint16_t* to) {
  const Floats d;
  const hn::Rebind<uint32_t, Floats> bits;
  const hn::Rebind<int32_t, Floats> whole;
  const hn::Rebind<uint16_t, Floats> half;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto below_half = hn::Set(bits, 0x7FFFu);
  const auto one = hn::Set(bits, 1u);
  const auto not_a_number = hn::Set(bits, 0x7FC0u);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const FloatVec x = hn::LoadU(d, from + i);
    const auto raw = hn::BitCast(bits, x);
    const auto odd = hn::And(hn::ShiftRight<16>(raw), one);
    const auto rounded = hn::ShiftRight<16>(hn::Add(raw, hn::Add(below_half, odd)));
    const auto kept = hn::IfThenElse(hn::RebindMask(bits, hn::IsNaN(x)), not_a_number, rounded);
    hn::StoreU(hn::DemoteTo(half, hn::BitCast(whole, kept)), half, to + i);
  }
  return i;
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace xkv::simd {

HWY_EXPORT(readLanes);
HWY_EXPORT(writeLanes);

namespace {

template <class T>
void readAs(const void* from, int64_t begin, int64_t end, float* to) {
  const T* typed = static_cast<const T*>(from);
  std::transform(typed + begin, typed + end, to + begin, [](T x) { return static_cast<float>(x); });
}

template <class T>
void writeAs(const float* from, int64_t begin, int64_t end, void* to) {
  std::transform(from + begin, from + end, static_cast<T*>(to) + begin,
                 [](float x) { return static_cast<T>(x); });
}

}  // namespace

const void* elementAt(const void* data, Dtype dtype, int64_t index) {
  return static_cast<const char*>(data) + index * bytesPerElement(dtype);
}

void* elementAt(void* data, Dtype dtype, int64_t index) {
  return static_cast<char*>(data) + index * bytesPerElement(dtype);
}

void readElements(const void* from, Dtype dtype, int64_t count, float* to) {
  const int64_t done = HWY_DYNAMIC_DISPATCH(readLanes)(from, dtype, count, to);
  switch (dtype) {
    case Dtype::fp32: readAs<float>(from, done, count, to); return;
    case Dtype::bf16: readAs<c10::BFloat16>(from, done, count, to); return;
    case Dtype::fp16: readAs<c10::Half>(from, done, count, to); return;
  }
}

void writeElements(const float* from, int64_t count, Dtype dtype, void* to) {
  switch (dtype) {
    case Dtype::fp32: std::copy_n(from, count, static_cast<float*>(to)); return;
    case Dtype::bf16: {
      const int64_t done = HWY_DYNAMIC_DISPATCH(writeLanes)(from, count, static_cast<uint16_t*>(to));
      writeAs<c10::BFloat16>(from, done, count, to);
      return;
    }
    case Dtype::fp16: writeAs<c10::Half>(from, 0, count, to); return;
  }
}

}  // namespace xkv::simd
#endif  // HWY_ONCE
