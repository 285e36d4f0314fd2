// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over cached rows, in one pass over them: no scores, and no converted rows, are stored.
#pragma once

#include <cstdint>
#include <span>

#include "profiling/records/dtype.h"

namespace xkv::simd {

/// Keys, rotated, and values of adjacent tokens.
struct RowSegment {
  const void* keys = nullptr;    // (count, num_kv_heads, head_dim) in RowAttentionArgs::dtype
  const void* values = nullptr;  // the same
  int64_t count = 0;
};

struct RowAttentionArgs {
  const void* query = nullptr;  // (num_heads, head_dim) in `dtype`, rotated
  int64_t num_heads = 0;        // a multiple of num_kv_heads: each KV head serves so many query heads
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  Dtype dtype = Dtype::fp32;
  double softmax_scale = 1;
  std::span<const RowSegment> segments;  // all that the query sees
  void* result = nullptr;                // (num_heads, head_dim) in `dtype`
};

/// softmax(scale q K^T) V, computed in fp32 block of tokens by block (Milakov and Gimelshein 2018), rounded once.
/// Threads take parts of the tokens; their parts are joined by log-sum-exp.
void rowAttention(const RowAttentionArgs& args);

/// Plain loops, the reference of the above.
namespace portable {
void rowAttention(const RowAttentionArgs& args);
}  // namespace portable

}  // namespace xkv::simd
