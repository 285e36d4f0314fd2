// SPDX-License-Identifier: Apache-2.0
/// Bf16 matrices in the order in which products by bf16 dot products read them.
#include "engine/ops/simd/bf16_panels.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

constexpr int64_t kColumns = Bf16Panels::kColumns;

void joinPairs(const uint16_t* even, const uint16_t* odd, int64_t count, uint32_t* pairs) {
  constexpr int64_t kUnrolled = 16;  // a fixed number becomes vectors
  int64_t i = 0;
  for (; i + kUnrolled <= count; i += kUnrolled) {
    for (int64_t j = i; j < i + kUnrolled; ++j) pairs[j] = even[j] | static_cast<uint32_t>(odd[j]) << 16;
  }
  for (; i < count; ++i) pairs[i] = even[i] | static_cast<uint32_t>(odd[i]) << 16;
}

/// Where a column's pairs begin.
uint32_t* columnOf(Bf16Panels& panels, int64_t column) {
  return panels.pairs + column / kColumns * panels.numPairs() * kColumns + column % kColumns;
}

/// Calls work(first column, number of columns) for pieces of [first, first + count) that end with a panel.
void sharePanels(int64_t first, int64_t count, const std::function<void(int64_t, int64_t)>& work) {
  const int64_t first_panel = first / kColumns;
  const int64_t end_panel = (first + count + kColumns - 1) / kColumns;
  shareWork(end_panel - first_panel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = first_panel + begin; panel < first_panel + end; ++panel) {
      const int64_t from = std::max(first, panel * kColumns);
      work(from, std::min(first + count, (panel + 1) * kColumns) - from);
    }
  });
}

/// Zeros behind the last column, up to the end of its panel.
void padPanel(Bf16Panels& to) {
  const int64_t used = to.columns % kColumns;
  if (used == 0) return;
  uint32_t* row = columnOf(to, to.columns);
  for (int64_t pair = 0; pair < to.numPairs(); ++pair, row += kColumns) {
    std::fill_n(row, kColumns - used, 0u);
  }
}

}  // namespace

void packColumns(const void* x, int64_t stride, int64_t first, int64_t count, Bf16Panels& to) {
  const auto* rows = static_cast<const uint16_t*>(x);
  sharePanels(first, count, [&](int64_t from, int64_t width) {
    const uint16_t* even = rows + (from - first);
    uint32_t* pairs = columnOf(to, from);
    for (int64_t row = 0; row + 1 < to.depth; row += 2, even += 2 * stride, pairs += kColumns) {
      const uint16_t* odd = even + stride;
      joinPairs(even, odd, width, pairs);
    }
    if (to.depth % 2 == 1) std::copy_n(even, width, pairs);
  });
  padPanel(to);
}

void packRows(const void* x, int64_t stride, int64_t first, int64_t count, Bf16Panels& to) {
  const auto* rows = static_cast<const uint16_t*>(x);
  sharePanels(first, count, [&](int64_t from, int64_t width) {
    const uint16_t* columns = rows + (from - first) * stride;
    uint32_t* pairs = columnOf(to, from);
    for (int64_t row = 0; row + 1 < to.depth; row += 2, pairs += kColumns) {
      for (int64_t i = 0; i < width; ++i) std::memcpy(pairs + i, columns + i * stride + row, sizeof *pairs);
    }
    if (to.depth % 2 == 0) return;
    for (int64_t i = 0; i < width; ++i) pairs[i] = columns[i * stride + to.depth - 1];
  });
  padPanel(to);
}

}  // namespace xkv::simd
