// SPDX-License-Identifier: Apache-2.0
/// B_l in fp32, in the order in which tiles of keys read it.
#pragma once

#include <cstdint>
#include <vector>

#include "profiling/records/dtype.h"

namespace xkv::simd {

/// Per KV head its columns in panels as wide as a tile, the last one filled up with zeros: (num_kv_heads, panels, rank,
/// panel columns).
struct PackedFactor {
  std::vector<float> panels;
  int64_t rank = 0;
  int64_t panel_columns = 0;
  int64_t panels_per_head = 0;

  int64_t rowWidth() const { return panels_per_head * panel_columns; }  ///< of a rebuilt head
  const float* panel(int64_t kv_head, int64_t index) const {
    return panels.data() + (kv_head * panels_per_head + index) * rank * panel_columns;
  }
};

/// Of B_l, (rank or more, num_kv_heads * head_dim).
PackedFactor packFactor(const void* layer_factor, Dtype dtype, int64_t rank, int64_t num_kv_heads,
                        int64_t head_dim);

}  // namespace xkv::simd
