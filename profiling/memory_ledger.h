// SPDX-License-Identifier: Apache-2.0
/// Bytes and the three ratios of METHOD.md 5, as arithmetic on plain numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "profiling/layer_groups.h"

namespace xkv {

struct LedgerShape {
  CacheShape cache;
  int64_t seq_len = 0;  ///< prompt tokens
  int64_t bytes_per_element = 2;
};

struct LedgerRatios {
  int64_t dense_bytes = 0;      ///< L (width_k + width_v) T b: the numerator
  int64_t factor_bytes = 0;     ///< A, every B_l, and dense layers: the published denominator
  int64_t landmark_bytes = 0;   ///< L width_k T b / 8, floored to whole bytes
  double published_ratio = 1;
  double with_landmarks_ratio = 1;
};

/// The ratios of a plan; an empty plan is the dense cache.
LedgerRatios ledgerRatios(const LedgerShape& shape, const std::vector<PlannedGroup>& plan);

}  // namespace xkv
