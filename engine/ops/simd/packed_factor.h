// SPDX-License-Identifier: Apache-2.0
/// A block of A and B_l in the order in which products of both, rebuilt keys, read them: bf16 where the processor
/// multiplies it, fp32 elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ops/simd/bf16_panels.h"
#include "profiling/records/dtype.h"

namespace xkv::simd {

/// Per KV head its columns in panels as wide as a tile, the last one filled up with zeros.
struct PackedFactor {
  std::vector<float> panels;    // (num_kv_heads, panels, rank, panel columns); empty where `pairs` are not
  std::vector<uint32_t> pairs;  // (num_kv_heads, panels, pairs of the rank, panel columns)
  int64_t rank = 0;
  int64_t panel_columns = 0;
  int64_t panels_per_head = 0;

  bool isBf16() const { return !pairs.empty(); }
  int64_t rowWidth() const { return panels_per_head * panel_columns; }  ///< of a rebuilt head
  const float* panel(int64_t kv_head, int64_t index) const {
    return panels.data() + (kv_head * panels_per_head + index) * rank * panel_columns;
  }
  const uint32_t* pairPanel(int64_t kv_head, int64_t index) const {
    return pairs.data() + (kv_head * panels_per_head + index) * ((rank + 1) / 2) * panel_columns;
  }
};

/// Of B_l, (rank or more, num_kv_heads * head_dim).
PackedFactor packFactor(const void* layer_factor, Dtype dtype, int64_t rank, int64_t num_kv_heads,
                        int64_t head_dim);

/// Rows of A of at most 48 tokens, as products with a PackedFactor of the same element type read them.
class BasisBlock {
 public:
  static constexpr int64_t kRows = Bf16Panels::kColumns;

  BasisBlock(const PackedFactor& factor, Dtype dtype);
  /// Rows [first, first + count) of the block from as many rows of A, `stride` elements apart.
  void read(const void* rows, int64_t stride, int64_t first, int64_t count);

  const float* floats() const { return floats_.data(); }   ///< (rows, rank); where the factor is not bf16
  const uint32_t* pairs() const { return pairs_.data(); }  ///< one panel, its columns the rows

 private:
  Dtype dtype_;
  int64_t rank_;
  std::vector<float> floats_;
  std::vector<uint32_t> pairs_;
};

}  // namespace xkv::simd
