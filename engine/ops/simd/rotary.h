// SPDX-License-Identifier: Apache-2.0
/// Rotary position embedding of rows in one pass (RoFormer), computed in fp32 and rounded once.
#pragma once

#include <cstdint>

#include "profiling/records/dtype.h"

namespace xkv::simd {

struct RotaryArgs {
  const void* x = nullptr;  // (rows, heads, dim), row_stride elements from row to row
  void* result = nullptr;   // (rows, heads, dim), contiguous; may be x where x is contiguous
  Dtype dtype = Dtype::fp32;
  int64_t rows = 0;
  int64_t row_stride = 0;
  int64_t heads = 0;
  int64_t dim = 0;
  bool interleaved = false;  ///< pairs are (0, 1), (2, 3), ... instead of (0, dim / 2), (1, dim / 2 + 1), ...
  const float* cos = nullptr;  // (rows, dim / 2), of each row's position
  const float* sin = nullptr;
};

/// (a, b) → (a cos - b sin, b cos + a sin) for each pair.
void rotate(const RotaryArgs& args);

}  // namespace xkv::simd
