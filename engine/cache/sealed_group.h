// SPDX-License-Identifier: Apache-2.0
/// One stream of a group whose prompt rows were just compressed, while originals and compressed form both exist.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "engine/cache/gram.h"
#include "profiling/records/result.h"
#include "profiling/records/run_record.h"

namespace xkv {

struct SealedGroup {
  Stream stream = Stream::key;
  int64_t group = 0;
  PlannedGroup planned;
  const LayerRows& rows;  ///< originals, keys before RoPE
  /// What attending will read of the group's i-th layer, (seq_len, width) fp32, keys before RoPE.
  std::function<at::Tensor(int64_t i)> rebuilt;
  int64_t rank = 0;  ///< that is really kept; 0 where rows are merged
  at::ScalarType dtype = at::kFloat;  ///< of what is not quantised
  int64_t token_basis_bits = 0;
  int64_t layer_factor_bits = 0;
};

/// Hears of each sealed stream; a returned failure ends the prefill.
using SealedSink = std::function<Status(const SealedGroup&)>;

}  // namespace xkv
