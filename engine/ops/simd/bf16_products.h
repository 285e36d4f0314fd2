// SPDX-License-Identifier: Apache-2.0
/// Products L^T R of bf16 matrices on processors that multiply bf16. Products of bf16 are exact in fp32; sums are fp32
/// within 256 of them and fp64 between these. LibTorch's products of bf16 round each result to bf16.
#pragma once

#include <cstdint>
#include <stop_token>

#include "engine/ops/simd/bf16_panels.h"

namespace xkv::simd {

/// sum += L^T R, (columns of L, columns of R) in fp64, its rows `stride` elements apart.
void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride);
/// sum += P^T P on the diagonal and above it; what lies below is left undefined. Soon back, the work undone, when stop is
/// asked.
void addGram(const Bf16Panels& panels, double* sum, int64_t stride, const std::stop_token& stop);

/// What lies below the diagonal becomes what lies above it, (size, size); left undone when stop is asked.
void mirrorUpper(double* matrix, int64_t size, const std::stop_token& stop);

/// Plain loops, the reference of the above.
namespace portable {
void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride);
}  // namespace portable

}  // namespace xkv::simd
