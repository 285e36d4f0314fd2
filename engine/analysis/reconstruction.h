// SPDX-License-Identifier: Apache-2.0
/// Measured error of real factors against the rows they replace, per layer, KV head and token.
#pragma once

#include <cstdint>

#include "engine/cache/low_rank_cache.h"
#include "profiling/records/capture_record.h"

namespace xkv {

/// ||x - x'||_F / ||x||_F over each slice, 0 where x = 0 (METHOD.md 4). The product A B_l is taken in fp32, sums
/// in fp64.
ReconstructionRecord measureReconstruction(const SealedGroup& sealed, int64_t num_kv_heads,
                                           FactorBackend backend);

}  // namespace xkv
