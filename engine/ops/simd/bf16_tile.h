// SPDX-License-Identifier: Apache-2.0
/// What products of Bf16Panels are made of: a tile of 8 x 48 sums, by the processor's bf16 dot product where it has one.
#pragma once

#include <cstdint>

#include "engine/ops/simd/bf16_panels.h"

namespace xkv::simd {

/// Each takes 8 columns of L from `left` on, in a panel, and a panel of R, both over `num_pairs` pairs of rows.
struct Bf16Tile {
  static constexpr int64_t kRows = 8;  // 8 x 48 sums are 24 of 32 registers
  static constexpr int64_t kColumns = Bf16Panels::kColumns;

  /// to = tile, its rows 48 apart.
  void (*store)(const uint32_t* left, const uint32_t* right, int64_t num_pairs, float* to);
  /// to += tile, its rows 48 apart.
  void (*add)(const uint32_t* left, const uint32_t* right, int64_t num_pairs, float* to);
  /// to += tile, its rows `stride` apart.
  void (*add_to_fp64)(const uint32_t* left, const uint32_t* right, int64_t num_pairs, double* to,
                      int64_t stride);
};

/// Of this processor.
const Bf16Tile& bf16Tile();

namespace portable {
const Bf16Tile& bf16Tile();
}  // namespace portable

}  // namespace xkv::simd
