// SPDX-License-Identifier: Apache-2.0
/// Products L^T R of bf16 matrices on processors that multiply bf16. Products of bf16 are exact in fp32; sums are fp32
/// within 256 of them and fp64 between these. LibTorch's products of bf16 round each result to bf16.
#pragma once

#include <cstdint>

namespace xkv::simd {

/// A bf16 matrix (depth, columns) in the order in which products read it: panels of 48 columns, in a panel one pair of
/// rows after the other. The memory is the caller's, 64-byte aligned, and what pads it up to whole panels and pairs is 0.
struct Bf16Panels {
  static constexpr int64_t kColumns = 48;

  uint32_t* pairs = nullptr;  ///< lengthFor(depth, columns) of them
  int64_t depth = 0;
  int64_t columns = 0;

  int64_t numPairs() const { return (depth + 1) / 2; }
  int64_t numPanels() const { return (columns + kColumns - 1) / kColumns; }
  const uint32_t* panel(int64_t index) const { return pairs + index * numPairs() * kColumns; }
  static int64_t lengthFor(int64_t depth, int64_t columns) {
    return (depth + 1) / 2 * ((columns + kColumns - 1) / kColumns) * kColumns;
  }
};

/// Columns [first, first + count) of the panels from bf16 x (depth, count), its rows `stride` elements apart.
void packColumns(const void* x, int64_t stride, int64_t first, int64_t count, Bf16Panels& to);
/// Columns [first, first + count) of the panels from the rows of bf16 x (count, depth): packs the transpose of x.
void packRows(const void* x, int64_t stride, int64_t first, int64_t count, Bf16Panels& to);

/// sum += L^T R, (columns of L, columns of R) in fp64, its rows `stride` elements apart.
void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride);
/// sum += P^T P on the diagonal and above it; what lies below is left undefined.
void addGram(const Bf16Panels& panels, double* sum, int64_t stride);

/// What lies below the diagonal becomes what lies above it, (size, size).
void mirrorUpper(double* matrix, int64_t size);

/// Plain loops, the reference of the above.
namespace portable {
void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride);
}  // namespace portable

}  // namespace xkv::simd
