// SPDX-License-Identifier: Apache-2.0
/// MiniCache's arithmetic: rows of two adjacent layers as one shared direction and two norms (METHOD.md 8).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "profiling/records/compression_config.h"

namespace xkv {

struct SlerpRule {
  double t = 0.5;       ///< where between the first layer's direction (0) and the second's (1)
  double gamma = 0.05;  ///< rows whose angle is above min + gamma (max - min) diverge
  SlerpKeep keep = SlerpKeep::divergent;
};

/// One stream of one pair of layers; a row is a (token, KV head) vector.
struct MergedPair {
  at::Tensor direction;  // (merged, head_dim): e
  at::Tensor norms;      // (merged, 2), fp32: ||x1||, ||x2||
  at::Tensor retained;   // (kept, 2, head_dim): x1, x2
  at::Tensor row_index;  // (rows), int32: s >= 0 is row s of direction and norms, s < 0 row -1 - s of retained
  int64_t divergent_rows = 0;

  /// Rows [begin, end) as layer 0 or 1 of the pair reads them, (end - begin, head_dim).
  at::Tensor rows(int64_t side, int64_t begin, int64_t end) const;
};

/// first and second (rows, head_dim) of one dtype, keys before RoPE. Angles and directions are taken in fp64;
/// `dtype` is that of the shared direction. Rows with a zero in either layer have no direction: they are kept,
/// and no bound of the angles.
MergedPair mergePair(const at::Tensor& first, const at::Tensor& second, const SlerpRule& rule,
                     at::ScalarType dtype);

}  // namespace xkv
