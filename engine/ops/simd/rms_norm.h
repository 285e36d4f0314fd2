// SPDX-License-Identifier: Apache-2.0
/// RMS norm of rows in one pass, computed in fp32 and rounded once.
#pragma once

#include <cstdint>

#include "profiling/records/dtype.h"

namespace xkv::simd {

struct RmsNormArgs {
  const void* x = nullptr;       // (rows, width), contiguous
  const void* weight = nullptr;  // (width) of the same dtype
  void* result = nullptr;        // (rows, width)
  Dtype dtype = Dtype::fp32;
  int64_t rows = 0;
  int64_t width = 0;
  double eps = 0;
};

/// x / sqrt(mean(x^2) + eps) * weight, row by row.
void rmsNorm(const RmsNormArgs& args);

}  // namespace xkv::simd
