// SPDX-License-Identifier: Apache-2.0
/// Elements of fp32, bf16 or fp16 behind a plain pointer, read and written as fp32.
#pragma once

#include <cstdint>

#include "profiling/records/dtype.h"

namespace xkv::simd {

/// The address of element `index`.
const void* elementAt(const void* data, Dtype dtype, int64_t index);
void* elementAt(void* data, Dtype dtype, int64_t index);

/// to[i] = from[i], exactly.
void readElements(const void* from, Dtype dtype, int64_t count, float* to);

/// to[i] = from[i], rounded to the nearest, ties to even; NaN stays NaN.
void writeElements(const float* from, int64_t count, Dtype dtype, void* to);

}  // namespace xkv::simd
