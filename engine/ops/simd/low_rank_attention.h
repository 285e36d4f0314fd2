// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over a cache of which keys, values or both exist as factors (METHOD.md 2, Decode).
#pragma once

#include <cstdint>
#include <span>

#include "profiling/records/dtype.h"

namespace xkv::simd {

/// Rows of adjacent tokens of one stream: as they are, or as A B_l.
struct FactoredSegment {
  const void* rows = nullptr;          // dense: (count, num_kv_heads, head_dim), keys rotated; else A, (count, rank)
  const void* layer_factor = nullptr;  // B_l, (rank or more, num_kv_heads * head_dim); nullptr = dense
  int64_t count = 0;
  int64_t rank = 0;
};

struct LowRankAttentionArgs {
  const void* query = nullptr;  // (num_heads, head_dim) in `dtype`, rotated
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  Dtype dtype = Dtype::fp32;  // of rows and factors too
  double softmax_scale = 1;
  std::span<const FactoredSegment> keys;    // all that the query sees, in the order of positions
  std::span<const FactoredSegment> values;  // of the same tokens; factored ones are all of one B_l
  const float* cos = nullptr;  // (tokens, head_dim / 2), of each token's position: for keys that are rebuilt
  const float* sin = nullptr;
  bool interleaved = false;  ///< as in RotaryArgs
  void* result = nullptr;    // (num_heads, head_dim) in `dtype`
};

/// softmax(scale q RoPE(A B_l)^T) (A' B'_l). Keys are rebuilt and rotated a block of tokens at a time, in fp32, and
/// gone when they are scored; values never are: (p A') B'_l. Each thread has a part of the tokens.
void lowRankAttention(const LowRankAttentionArgs& args);

/// Plain loops, the reference of the above.
namespace portable {
void lowRankAttention(const LowRankAttentionArgs& args);
}  // namespace portable

}  // namespace xkv::simd
