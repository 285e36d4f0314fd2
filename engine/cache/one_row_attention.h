// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row on the CPU, over rows that lie there densely or as factors: one pass, nothing whole is
/// rebuilt or converted.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/cache/cache_form.h"

namespace xkv {

/// Adjacent tokens of one stream.
struct StreamPiece {
  at::Tensor rows;          // (count, heads, head_dim) as attention reads them; or A, (count, rank)
  at::Tensor layer_factor;  // B_l, (rank or more, width); undefined = dense
};

/// All tokens of a layer from position 0 on.
struct LayerPieces {
  std::vector<StreamPiece> keys;
  std::vector<StreamPiece> values;
};

struct OneRow {
  const at::Tensor& query;  // (1, num_heads, head_dim), rotated
  int64_t position = 0;
  int64_t window = 0;  ///< tokens that it sees, itself included; 0 = all
};

/// True for one row of plain elements over keys and values that are read as they are; MLA's latents are not.
bool isOneRow(const CacheForm& form, const at::Tensor& query);

/// (1, num_heads, head_dim); none where a piece is of another dtype than the query, or has gaps.
std::optional<at::Tensor> attendOneRow(const CacheForm& form, const OneRow& row,
                                       const LayerPieces& pieces, const RotaryTable& rotary);

}  // namespace xkv
