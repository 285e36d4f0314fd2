// SPDX-License-Identifier: Apache-2.0
/// Measured error of real factors against the rows they replace, per layer, KV head and token.
#pragma once

#include <cstdint>

#include "engine/cache/sealed_group.h"
#include "profiling/records/capture_record.h"

namespace xkv {

/// ||x - x'||_F / ||x||_F over each slice, 0 where x = 0 (METHOD.md 4). What is kept is rebuilt in fp32, sums are
/// in fp64.
ReconstructionRecord measureReconstruction(const SealedGroup& sealed, int64_t num_kv_heads,
                                           FactorBackend backend);

}  // namespace xkv
