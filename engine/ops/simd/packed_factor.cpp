// SPDX-License-Identifier: Apache-2.0
/// A block of A and B_l in the order in which products of both, rebuilt keys, read them.
#include "engine/ops/simd/packed_factor.h"

#include <algorithm>

#include "engine/ops/simd/cpu_products.h"
#include "engine/ops/simd/element.h"
#include "engine/ops/simd/low_rank_kernels.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

void packPairs(const void* layer_factor, int64_t num_kv_heads, int64_t head_dim, PackedFactor& factor) {
  const int64_t length = Bf16Panels::lengthFor(factor.rank, head_dim);
  factor.pairs.resize(static_cast<size_t>(num_kv_heads * length));
  shareWork(num_kv_heads, std::max<int64_t>(1, num_kv_heads / numWorkers()), [&](int64_t begin, int64_t end) {
    for (int64_t head = begin; head < end; ++head) {
      Bf16Panels panels{factor.pairs.data() + head * length, factor.rank, head_dim};
      packColumns(elementAt(layer_factor, Dtype::bf16, head * head_dim), num_kv_heads * head_dim, 0, head_dim,
                  panels);
    }
  });
}

void packFloats(const void* layer_factor, Dtype dtype, int64_t num_kv_heads, int64_t head_dim,
                PackedFactor& factor) {
  const int64_t panels = num_kv_heads * factor.panels_per_head;
  factor.panels.resize(static_cast<size_t>(panels * factor.rank * factor.panel_columns));
  const int64_t width = num_kv_heads * head_dim;
  shareWork(panels, std::max<int64_t>(1, panels / numWorkers()), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t column = panel % factor.panels_per_head * factor.panel_columns;
      const int64_t count = std::min(factor.panel_columns, head_dim - column);
      const int64_t first = panel / factor.panels_per_head * head_dim + column;
      for (int64_t k = 0; k < factor.rank; ++k) {
        readElements(elementAt(layer_factor, dtype, k * width + first), dtype, count,
                     factor.panels.data() + (panel * factor.rank + k) * factor.panel_columns);
      }
    }
  });
}

}  // namespace

PackedFactor packFactor(const void* layer_factor, Dtype dtype, int64_t rank, int64_t num_kv_heads,
                        int64_t head_dim) {
  const bool as_bf16 = dtype == Dtype::bf16 && multipliesFast(Dtype::bf16);
  PackedFactor factor;
  factor.rank = rank;
  factor.panel_columns = as_bf16 ? Bf16Panels::kColumns : kernels::columnsOfTile();
  factor.panels_per_head = (head_dim + factor.panel_columns - 1) / factor.panel_columns;
  if (as_bf16) {
    packPairs(layer_factor, num_kv_heads, head_dim, factor);
  } else {
    packFloats(layer_factor, dtype, num_kv_heads, head_dim, factor);
  }
  return factor;
}

BasisBlock::BasisBlock(const PackedFactor& factor, Dtype dtype) : dtype_(dtype), rank_(factor.rank) {
  if (factor.isBf16()) {
    pairs_.resize(static_cast<size_t>(Bf16Panels::lengthFor(rank_, kRows)));
  } else {
    floats_.resize(static_cast<size_t>(kRows * rank_));
  }
}

void BasisBlock::read(const void* rows, int64_t stride, int64_t first, int64_t count) {
  if (!pairs_.empty()) {
    Bf16Panels panel{pairs_.data(), rank_, kRows};
    packRows(rows, stride, first, count, panel);
    return;
  }
  for (int64_t row = 0; row < count; ++row) {
    readElements(elementAt(rows, dtype_, row * stride), dtype_, rank_, floats_.data() + (first + row) * rank_);
  }
}

}  // namespace xkv::simd
