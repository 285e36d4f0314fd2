// SPDX-License-Identifier: Apache-2.0
/// Bf16 matrices in the order in which products by bf16 dot products read them.
#pragma once

#include <cstdint>

namespace xkv::simd {

/// A bf16 matrix (depth, columns): panels of 48 columns, in a panel one pair of rows after the other. The memory is the
/// caller's, and what pads it up to whole panels and pairs is 0.
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

}  // namespace xkv::simd
