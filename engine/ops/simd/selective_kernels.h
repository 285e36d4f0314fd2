// SPDX-License-Identifier: Apache-2.0
/// The parts of Selective Reconstruction that a thread does for its KV heads, in the processor's widest lanes.
#pragma once

#include <cstdint>

#include "engine/ops/cache_ops.h"
#include "engine/ops/simd/packed_factor.h"

namespace xkv::simd::kernels {

/// One query row of the heads that share a KV head, in fp32.
struct HeadGroup {
  const float* query = nullptr;  // (count, head_dim)
  int64_t count = 0;
  int64_t head_dim = 0;
  int64_t kv_head = 0;
  Dtype dtype = Dtype::fp32;  // of the rows that are read
  float softmax_scale = 1;
};

/// sums (count, landmarks) += softmax over the landmarks of scale q . landmark; weights is room of the same size.
void addLandmarkWeights(const HeadGroup& group, const Landmarks& landmarks, float* weights, float* sums);

/// Rows [begin, end) of one head's chunk moves: keys rebuilt, rotated, rounded.
void rebuildChunks(const KeyRebuild& how, const PackedFactor& factor, const ChunkMove* moves, int64_t count);

/// scores (count, num_rows), stride apart: q . key of the first num_rows rows.
void scoreRows(const HeadGroup& group, const HeadedRows& keys, int64_t num_rows, float* scores, int64_t stride);

/// scores (count, total), stride apart, become softmax(scale scores).
void softmaxRows(const HeadGroup& group, float* scores, int64_t total, int64_t stride);

/// mixed (count, head_dim) += weights (count, num_rows) times the first num_rows value rows.
void mixRows(const HeadGroup& group, const HeadedRows& values, int64_t num_rows, const float* weights,
             int64_t stride, float* mixed);

/// The same for chunks, whose values are absorbed or dense; weights in the order of the slots.
void mixChunks(const HeadGroup& group, const AttendedChunks& chunks, const float* weights, int64_t stride,
               float* mixed);

}  // namespace xkv::simd::kernels
