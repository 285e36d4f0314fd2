// SPDX-License-Identifier: Apache-2.0
/// Products L^T R of bf16 matrices on processors that multiply bf16.
#include "engine/ops/simd/bf16_products.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <functional>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/ops/simd/cpu_products.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

constexpr int64_t kColumns = Bf16Panels::kColumns;
constexpr int64_t kRows = 8;         // of a tile: 8 x 48 sums are 24 of 32 registers
constexpr int64_t kPairsInFp32 = 128;
constexpr int64_t kPanelsAtOnce = 8;  // of 48 columns and 1,024 rows: what a core's second cache holds
constexpr int64_t kMirrorTile = 32;

/// Rows and columns of a tile that are in the sum.
struct TileExtent {
  int64_t rows = kRows;
  int64_t columns = kColumns;
  bool whole() const { return rows == kRows && columns == kColumns; }
};

/// sum += tile of L^T R: 8 columns of L from `left` on, a panel of R.
using AddTile = void (*)(const uint32_t* left, const uint32_t* right, int64_t num_pairs, double* sum,
                         int64_t stride, const TileExtent& extent);

float lowFloat(uint32_t pair) { return std::bit_cast<float>(pair << 16); }
float highFloat(uint32_t pair) { return std::bit_cast<float>(pair & 0xFFFF0000u); }

void addPart(const float (&tile)[kRows][kColumns], double* sum, int64_t stride, const TileExtent& extent) {
  for (int64_t row = 0; row < extent.rows; ++row) {
    for (int64_t column = 0; column < extent.columns; ++column) {
      sum[row * stride + column] += static_cast<double>(tile[row][column]);
    }
  }
}

void addPlainTile(const uint32_t* left, const uint32_t* right, int64_t num_pairs, double* sum,
                  int64_t stride, const TileExtent& extent) {
  float tile[kRows][kColumns] = {};
  for (int64_t pair = 0; pair < num_pairs; ++pair, left += kColumns, right += kColumns) {
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t column = 0; column < kColumns; ++column) {
        tile[row][column] += highFloat(left[row]) * highFloat(right[column]);
        tile[row][column] += lowFloat(left[row]) * lowFloat(right[column]);
      }
    }
  }
  addPart(tile, sum, stride, extent);
}

#if defined(__x86_64__)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 says it of its own intrinsics

/// Highway 1.0 has no dot product of bf16 that uses the instruction, so this tile is written for it.
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512bf16"))) void addDotTile(
    const uint32_t* left, const uint32_t* right, int64_t num_pairs, double* sum, int64_t stride,
    const TileExtent& extent) {
  constexpr int kLanes = 16;
  constexpr int kVectors = kColumns / kLanes;
  constexpr int64_t kAhead = 8 * kColumns;
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) sums[row][v] = _mm512_setzero_ps();
  }
  for (int64_t pair = 0; pair < num_pairs; ++pair, left += kColumns, right += kColumns) {
    __m512bh columns[kVectors];
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) {
      columns[v] = (__m512bh)_mm512_loadu_si512(right + v * kLanes);
      _mm_prefetch(reinterpret_cast<const char*>(right + kAhead + v * kLanes), _MM_HINT_T0);
    }
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
      const auto both = (__m512bh)_mm512_set1_epi32(static_cast<int>(left[row]));
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) {
        sums[row][v] = _mm512_dpbf16_ps(sums[row][v], both, columns[v]);
      }
    }
  }
  if (!extent.whole()) {
    float tile[kRows][kColumns];
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(tile[row] + v * kLanes, sums[row][v]);
    }
    addPart(tile, sum, stride, extent);
    return;
  }
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
    double* to = sum + row * stride;
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v, to += kLanes) {
      const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(sums[row][v]));
      const __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(sums[row][v], 1));
      _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), low));
      _mm512_storeu_pd(to + kLanes / 2, _mm512_add_pd(_mm512_loadu_pd(to + kLanes / 2), high));
    }
  }
}

#pragma GCC diagnostic pop

AddTile tileOfThisProcessor() { return multipliesFast(Dtype::bf16) ? addDotTile : addPlainTile; }
#else
AddTile tileOfThisProcessor() { return addPlainTile; }
#endif

/// All tiles of one panel of L with one of R, each in pieces of 256 rows: their sums in fp32 keep 6 to 7 digits.
void addPanels(AddTile add_tile, const Bf16Panels& left, int64_t left_panel, const Bf16Panels& right,
               int64_t right_panel, double* sum, int64_t stride) {
  const int64_t column = right_panel * kColumns;
  for (int64_t strip = 0; strip < kColumns; strip += kRows) {
    const int64_t row = left_panel * kColumns + strip;
    if (row >= left.columns) return;
    const TileExtent extent{std::min(kRows, left.columns - row), std::min(kColumns, right.columns - column)};
    for (int64_t pair = 0; pair < left.numPairs(); pair += kPairsInFp32) {
      add_tile(left.panel(left_panel) + pair * kColumns + strip, right.panel(right_panel) + pair * kColumns,
               std::min(kPairsInFp32, left.numPairs() - pair), sum + row * stride + column, stride, extent);
    }
  }
}

/// Squares of 8 x 8 panels, shared among the threads one at a time, those of the same panels of R one after the other.
/// `upper`: only panels on and above the diagonal.
void addSquares(AddTile add_tile, const Bf16Panels& left, const Bf16Panels& right, bool upper,
                double* sum, int64_t stride) {
  const int64_t down = (left.numPanels() + kPanelsAtOnce - 1) / kPanelsAtOnce;
  const int64_t across = (right.numPanels() + kPanelsAtOnce - 1) / kPanelsAtOnce;
  std::atomic<int64_t> next = 0;
  shareWork(numWorkers(), 1, [&](int64_t, int64_t) {
    for (int64_t square = next++; square < down * across; square = next++) {
      const int64_t first_left = square % down * kPanelsAtOnce;
      const int64_t first_right = square / down * kPanelsAtOnce;
      const int64_t end_left = std::min(first_left + kPanelsAtOnce, left.numPanels());
      const int64_t end_right = std::min(first_right + kPanelsAtOnce, right.numPanels());
      for (int64_t i = first_left; i < end_left; ++i) {
        for (int64_t j = upper ? std::max(i, first_right) : first_right; j < end_right; ++j) {
          addPanels(add_tile, left, i, right, j, sum, stride);
        }
      }
    }
  });
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
      for (int64_t i = 0; i < width; ++i) pairs[i] = even[i] | static_cast<uint32_t>(odd[i]) << 16;
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

void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride) {
  addSquares(tileOfThisProcessor(), left, right, /*upper=*/false, sum, stride);
}

void addGram(const Bf16Panels& panels, double* sum, int64_t stride) {
  addSquares(tileOfThisProcessor(), panels, panels, /*upper=*/true, sum, stride);
}

void mirrorUpper(double* matrix, int64_t size) {
  const int64_t tiles = (size + kMirrorTile - 1) / kMirrorTile;
  std::atomic<int64_t> next = 0;
  shareWork(numWorkers(), 1, [&](int64_t, int64_t) {
    for (int64_t tile = next++; tile < tiles; tile = next++) {
      const int64_t begin = tile * kMirrorTile;
      const int64_t end = std::min(begin + kMirrorTile, size);
      for (int64_t from = 0; from < end; from += kMirrorTile) {
        for (int64_t row = begin; row < end; ++row) {
          for (int64_t column = from; column < std::min(from + kMirrorTile, row); ++column) {
            matrix[row * size + column] = matrix[column * size + row];
          }
        }
      }
    }
  });
}

namespace portable {
void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride) {
  addSquares(addPlainTile, left, right, /*upper=*/false, sum, stride);
}
}  // namespace portable

}  // namespace xkv::simd
