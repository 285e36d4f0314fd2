// SPDX-License-Identifier: Apache-2.0
/// What a cache computes while decoding, with plain pointers and shapes: the operations that a CUDA kernel may
/// take over. The portable ones are their specification (METHOD.md 6; ENGINE.md, Kernels).
#pragma once

#include <cstdint>
#include <span>

#include "profiling/records/dtype.h"

namespace xkv {

/// Element e of row r of head h is data[h * head_stride + r * row_stride + e]; strides in elements.
struct HeadedRows {
  const void* data = nullptr;
  int64_t rows = 0;
  int64_t head_stride = 0;
  int64_t row_stride = 0;
};

/// A matrix: element (r, c) is data[r * row_stride + c].
struct MatrixRows {
  const void* data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t row_stride = 0;
};

/// Query rows of one layer, rotated: (num_rows, num_heads, head_dim), contiguous.
struct QueryHeads {
  const void* data = nullptr;
  Dtype dtype = Dtype::fp32;  ///< of the cache's rows too
  int64_t num_rows = 1;
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  double softmax_scale = 1;

  int64_t group() const { return num_heads / num_kv_heads; }
};

/// One landmark per candidate chunk and KV head: in the query's dtype, or as signed bytes times a scale.
struct Landmarks {
  HeadedRows rows;               ///< elements, or int8 codes where scales are given
  const float* scales = nullptr; ///< (num_kv_heads, rows)
};

/// What one KV head needs rebuilt: the chunk's rows of A times the head's columns of B_l, rotated.
struct ChunkMove {
  int32_t head = 0;
  int32_t chunk = 0;  ///< counted from the prompt's start
  int32_t slot = 0;   ///< place of the chunk's rows in the output
};

struct KeyRebuild {
  Dtype dtype = Dtype::fp32;  ///< of A, B_l and the keys
  MatrixRows token_basis;     ///< A, (tokens, rank)
  MatrixRows layer_factor;    ///< B_l, (rank, num_kv_heads * head_dim)
  int64_t head_dim = 0;
  int64_t chunk = 0;              ///< tokens
  const float* cosines = nullptr; ///< (positions, head_dim / 2)
  const float* sines = nullptr;
  std::span<const ChunkMove> moves;
  void* keys = nullptr;  ///< row t of slot s of head h at h * head_stride + (s * chunk + t) * head_dim
  int64_t head_stride = 0;
};

/// Exact rows that are attended.
struct AttendedRows {
  HeadedRows keys;
  HeadedRows values;
  bool are_new = false;  ///< the query's own rows stand last: each query sees those before it and its own
};

/// Chunks that are attended by rebuilt keys; their values are read through the factors, absorbed
/// (softmax(p) A) B_l, or from dense rows.
struct AttendedChunks {
  HeadedRows keys;                  ///< (num_kv_heads, slots * chunk)
  const int32_t* chunks = nullptr;  ///< (selections, slots): the chunk in each slot
  int64_t slots = 0;
  int64_t selections = 1;   ///< num_kv_heads, or 1 = one for all of them
  int64_t chunk = 0;        ///< tokens
  MatrixRows token_basis;   ///< A of the values; data is null where they are dense
  MatrixRows layer_factor;  ///< (rank, num_kv_heads * head_dim)
  HeadedRows values;        ///< dense rows of all prompt tokens
};

class CacheOps {
 public:
  virtual ~CacheOps() = default;

  /// Softmax over the landmarks of q . landmark * scale per query head and row, summed over rows, largest of the
  /// query heads that share a KV head: scores (num_kv_heads, landmarks), or with `shared` the largest of all
  /// heads, (1, landmarks).
  virtual void landmarkScores(const QueryHeads& query, const Landmarks& landmarks, bool shared,
                              float* scores) const = 0;

  virtual void rebuildKeys(const KeyRebuild& rebuild) const = 0;

  /// softmax(scale q K^T) V over the rows and chunks together, in fp32; out as the query.
  virtual void attend(const QueryHeads& query, std::span<const AttendedRows> rows,
                      const AttendedChunks& chunks, void* out) const = 0;
};

/// Plain loops, in the order of the formulas.
const CacheOps& portableCacheOps();

/// In the processor's widest lanes, threads of LibTorch's pool (engine/ops/simd).
const CacheOps& fastCacheOps();

}  // namespace xkv
