// SPDX-License-Identifier: Apache-2.0
/// Keys of one KV head from a block of A and B_l, not yet rotated; included once per instruction set.
#if defined(XKV_ENGINE_OPS_SIMD_REBUILD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef XKV_ENGINE_OPS_SIMD_REBUILD_INL_H
#undef XKV_ENGINE_OPS_SIMD_REBUILD_INL_H
#else
#define XKV_ENGINE_OPS_SIMD_REBUILD_INL_H
#endif

#include <algorithm>

#include "engine/ops/simd/bf16_tile.h"
#include "engine/ops/simd/packed_factor.h"
#include "engine/ops/simd/tile_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// keys (count, factor.rowWidth()) = the block's first `count` rows times the head's columns of B_l.
HWY_INLINE void rebuildHead(const PackedFactor& factor, const BasisBlock& basis, int64_t kv_head, int64_t count,
                            float* keys) {
  const int64_t width = factor.rowWidth();
  if (!factor.isBf16()) {
    std::fill_n(keys, count * width, 0.0F);
    for (int64_t panel = 0; panel < factor.panels_per_head; ++panel) {
      tileRows({.a = basis.floats(),
                .a_stride = factor.rank,
                .b = factor.panel(kv_head, panel),
                .b_stride = factor.panel_columns,
                .depth = factor.rank,
                .c = keys + panel * factor.panel_columns,
                .c_stride = width},
               count);
    }
    return;
  }
  float tile[Bf16Tile::kRows * Bf16Tile::kColumns];
  for (int64_t panel = 0; panel < factor.panels_per_head; ++panel) {
    for (int64_t row = 0; row < count; row += Bf16Tile::kRows) {
      bf16Tile().store(basis.pairs() + row, factor.pairPanel(kv_head, panel), (factor.rank + 1) / 2, tile);
      for (int64_t i = 0; i < std::min(Bf16Tile::kRows, count - row); ++i) {
        std::copy_n(tile + i * Bf16Tile::kColumns, Bf16Tile::kColumns,
                    keys + (row + i) * width + panel * Bf16Tile::kColumns);
      }
    }
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
