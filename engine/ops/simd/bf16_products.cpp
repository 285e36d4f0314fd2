// SPDX-License-Identifier: Apache-2.0
/// Products L^T R of bf16 matrices on processors that multiply bf16.
#include "engine/ops/simd/bf16_products.h"

#include <algorithm>
#include <atomic>

#include "engine/ops/simd/bf16_tile.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

constexpr int64_t kColumns = Bf16Tile::kColumns;
constexpr int64_t kRows = Bf16Tile::kRows;
constexpr int64_t kPairsInFp32 = 128;
constexpr int64_t kPanelsAtOnce = 8;  // of 48 columns and 1,024 rows: what a core's second cache holds
constexpr int64_t kMirrorTile = 32;

/// Rows and columns of a tile that are in the sum.
struct TileExtent {
  int64_t rows = kRows;
  int64_t columns = kColumns;
  bool isWhole() const { return rows == kRows && columns == kColumns; }
};

void addPart(const double (&tile)[kRows * kColumns], const TileExtent& extent, double* sum, int64_t stride) {
  for (int64_t row = 0; row < extent.rows; ++row) {
    for (int64_t column = 0; column < extent.columns; ++column) {
      sum[row * stride + column] += tile[row * kColumns + column];
    }
  }
}

/// A tile over all pairs, 256 rows in fp32 at a time: such sums keep 6 to 7 digits.
void addTile(const Bf16Tile& tile, const uint32_t* left, const uint32_t* right, int64_t num_pairs, double* sum,
             int64_t stride) {
  for (int64_t pair = 0; pair < num_pairs; pair += kPairsInFp32) {
    tile.add_to_fp64(left + pair * kColumns, right + pair * kColumns,
                     std::min(kPairsInFp32, num_pairs - pair), sum, stride);
  }
}

/// All tiles of one panel of L with one of R.
void addPanels(const Bf16Tile& tile, const Bf16Panels& left, int64_t left_panel, const Bf16Panels& right,
               int64_t right_panel, double* sum, int64_t stride) {
  const int64_t column = right_panel * kColumns;
  for (int64_t strip = 0; strip < kColumns; strip += kRows) {
    const int64_t row = left_panel * kColumns + strip;
    if (row >= left.columns) return;
    const TileExtent extent{std::min(kRows, left.columns - row), std::min(kColumns, right.columns - column)};
    const uint32_t* from = left.panel(left_panel) + strip;
    double* to = sum + row * stride + column;
    if (extent.isWhole()) {
      addTile(tile, from, right.panel(right_panel), left.numPairs(), to, stride);
    } else {
      double part[kRows * kColumns] = {};
      addTile(tile, from, right.panel(right_panel), left.numPairs(), part, kColumns);
      addPart(part, extent, to, stride);
    }
  }
}

/// Squares of 8 x 8 panels, shared among the threads one at a time, those of the same panels of R one after the other.
/// `upper`: only panels on and above the diagonal.
void addSquares(const Bf16Tile& tile, const Bf16Panels& left, const Bf16Panels& right, bool upper,
                double* sum, int64_t stride, const std::stop_token& stop) {
  const int64_t down = (left.numPanels() + kPanelsAtOnce - 1) / kPanelsAtOnce;
  const int64_t across = (right.numPanels() + kPanelsAtOnce - 1) / kPanelsAtOnce;
  std::atomic<int64_t> next = 0;
  shareWork(numWorkers(), 1, [&](int64_t, int64_t) {
    for (int64_t square = next++; square < down * across && !stop.stop_requested(); square = next++) {
      const int64_t first_left = square % down * kPanelsAtOnce;
      const int64_t first_right = square / down * kPanelsAtOnce;
      const int64_t end_left = std::min(first_left + kPanelsAtOnce, left.numPanels());
      const int64_t end_right = std::min(first_right + kPanelsAtOnce, right.numPanels());
      for (int64_t i = first_left; i < end_left; ++i) {
        for (int64_t j = upper ? std::max(i, first_right) : first_right; j < end_right; ++j) {
          addPanels(tile, left, i, right, j, sum, stride);
        }
      }
    }
  });
}

}  // namespace

void addProducts(const Bf16Panels& left, const Bf16Panels& right, double* sum, int64_t stride) {
  addSquares(bf16Tile(), left, right, /*upper=*/false, sum, stride, {});
}

void addGram(const Bf16Panels& panels, double* sum, int64_t stride, const std::stop_token& stop) {
  addSquares(bf16Tile(), panels, panels, /*upper=*/true, sum, stride, stop);
}

void mirrorUpper(double* matrix, int64_t size, const std::stop_token& stop) {
  const int64_t tiles = (size + kMirrorTile - 1) / kMirrorTile;
  std::atomic<int64_t> next = 0;
  shareWork(numWorkers(), 1, [&](int64_t, int64_t) {
    for (int64_t tile = next++; tile < tiles && !stop.stop_requested(); tile = next++) {
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
  addSquares(portable::bf16Tile(), left, right, /*upper=*/false, sum, stride, {});
}
}  // namespace portable

}  // namespace xkv::simd
