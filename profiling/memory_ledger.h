// SPDX-License-Identifier: Apache-2.0
/// Bytes and the three ratios of METHOD.md 5, as arithmetic on plain numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "profiling/layer_groups.h"

namespace xkv {

struct LedgerShape {
  CacheShape cache;
  int64_t seq_len = 0;  ///< prompt tokens
  int64_t bytes_per_element = 2;
  int64_t head_dim = 0;  ///< length of the rows that MiniCache merges
  int64_t token_basis_bits = 0;   ///< of the codes of A; 0 = bytes_per_element
  int64_t layer_factor_bits = 0;  ///< of the codes of every B_l
  int64_t num_kv_heads = 0;       ///< for `selective`
  std::optional<SelectiveConfig> selective = {};  ///< Selective Reconstruction reads the plan's groups
};

struct LedgerRatios {
  int64_t dense_bytes = 0;      ///< L (width_k + width_v) T b: the numerator
  int64_t factor_bytes = 0;     ///< A, every B_l, and dense layers: the published denominator
  int64_t most_factor_bytes = 0;  ///< the same; under MiniCache, which decides row by row, if every row is kept
  int64_t landmark_bytes = 0;   ///< L width_k T b / 8, floored to whole bytes; under `selective` exact
  int64_t selection_bytes = 0;  ///< all that `selective` keeps beside factors and dense layers, landmarks included
  double published_ratio = 1;
  double with_landmarks_ratio = 1;
};

/// Codes of rows x columns elements, each row packed by itself, and per kQuantGroup of them a scale and a minimum
/// in fp16 (METHOD.md 2).
int64_t quantizedBytes(int64_t rows, int64_t columns, int64_t bits);

/// One stream of a MiniCache pair (METHOD.md 8): per merged row a direction and two fp32 norms, per kept row
/// both originals, and a 4-byte index of every row.
int64_t mergedPairBytes(int64_t rows, int64_t kept, int64_t head_dim, int64_t bytes_per_element);

/// The ratios of a plan; MiniCache's with every row merged; an empty plan is the dense cache.
LedgerRatios ledgerRatios(const LedgerShape& shape, const std::vector<PlannedGroup>& plan);

}  // namespace xkv
