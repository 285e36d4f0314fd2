// SPDX-License-Identifier: Apache-2.0
/// Whether this processor multiplies 16-bit floats by instructions of its own.
#include "engine/ops/simd/cpu_products.h"

namespace xkv::simd {

bool multipliesFast(Dtype dtype) {
  if (dtype == Dtype::fp32) return true;
#if defined(__x86_64__)
  return dtype == Dtype::bf16 ? __builtin_cpu_supports("avx512bf16") != 0
                              : __builtin_cpu_supports("avx512fp16") != 0;
#else
  return true;
#endif
}

}  // namespace xkv::simd
