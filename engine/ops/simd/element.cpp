// SPDX-License-Identifier: Apache-2.0
/// Elements of fp32, bf16 or fp16 behind a plain pointer, read and written as fp32.
#include "engine/ops/simd/element.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>

namespace xkv::simd {
namespace {

template <class T>
void readAs(const void* from, int64_t count, float* to) {
  const T* typed = static_cast<const T*>(from);
  std::transform(typed, typed + count, to, [](T x) { return static_cast<float>(x); });
}

template <class T>
void writeAs(const float* from, int64_t count, void* to) {
  std::transform(from, from + count, static_cast<T*>(to), [](float x) { return static_cast<T>(x); });
}

}  // namespace

const void* elementAt(const void* data, Dtype dtype, int64_t index) {
  return static_cast<const char*>(data) + index * bytesPerElement(dtype);
}

void* elementAt(void* data, Dtype dtype, int64_t index) {
  return static_cast<char*>(data) + index * bytesPerElement(dtype);
}

void readElements(const void* from, Dtype dtype, int64_t count, float* to) {
  switch (dtype) {
    case Dtype::fp32: readAs<float>(from, count, to); return;
    case Dtype::bf16: readAs<c10::BFloat16>(from, count, to); return;
    case Dtype::fp16: readAs<c10::Half>(from, count, to); return;
  }
}

void writeElements(const float* from, int64_t count, Dtype dtype, void* to) {
  switch (dtype) {
    case Dtype::fp32: writeAs<float>(from, count, to); return;
    case Dtype::bf16: writeAs<c10::BFloat16>(from, count, to); return;
    case Dtype::fp16: writeAs<c10::Half>(from, count, to); return;
  }
}

}  // namespace xkv::simd
