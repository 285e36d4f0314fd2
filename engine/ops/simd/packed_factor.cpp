// SPDX-License-Identifier: Apache-2.0
/// B_l in fp32, in the order in which tiles of keys read it.
#include "engine/ops/simd/packed_factor.h"

#include <algorithm>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/low_rank_kernels.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {

PackedFactor packFactor(const void* layer_factor, Dtype dtype, int64_t rank, int64_t num_kv_heads,
                        int64_t head_dim) {
  PackedFactor factor;
  factor.rank = rank;
  factor.panel_columns = kernels::columnsOfTile();
  factor.panels_per_head = (head_dim + factor.panel_columns - 1) / factor.panel_columns;
  const int64_t panels = num_kv_heads * factor.panels_per_head;
  factor.panels.resize(static_cast<size_t>(panels * rank * factor.panel_columns));
  const int64_t width = num_kv_heads * head_dim;
  shareWork(panels, std::max<int64_t>(1, panels / numWorkers()), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t column = panel % factor.panels_per_head * factor.panel_columns;
      const int64_t count = std::min(factor.panel_columns, head_dim - column);
      const int64_t first = panel / factor.panels_per_head * head_dim + column;
      for (int64_t k = 0; k < rank; ++k) {
        readElements(elementAt(layer_factor, dtype, k * width + first), dtype, count,
                     factor.panels.data() + (panel * rank + k) * factor.panel_columns);
      }
    }
  });
  return factor;
}

}  // namespace xkv::simd
