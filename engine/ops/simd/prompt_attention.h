// SPDX-License-Identifier: Apache-2.0
/// Causal attention of a prompt's bf16 rows by bf16 dot products: scores are in fp32 and never stored whole.
#pragma once

#include <cstdint>

namespace xkv::simd {

/// bf16 rows of heads: element i of a head of a token is at token * token_stride + head * head_stride + i.
struct HeadElements {
  const void* data = nullptr;
  int64_t token_stride = 0;
  int64_t head_stride = 0;
};

struct PromptAttentionArgs {
  HeadElements queries;  // (num_queries, num_heads, key_dim), rotated; the last num_queries of num_keys tokens
  HeadElements keys;     // (num_keys, num_kv_heads, key_dim), rotated
  HeadElements values;   // (num_keys, num_kv_heads, value_dim)
  int64_t num_queries = 0;
  int64_t num_keys = 0;
  int64_t num_heads = 0;  // a multiple of num_kv_heads: each KV head serves so many query heads
  int64_t num_kv_heads = 0;
  int64_t key_dim = 0;
  int64_t value_dim = 0;
  int64_t window = 0;  // a query sees so many tokens, itself the last; 0 = all before it
  double softmax_scale = 1;
  void* result = nullptr;  // (num_queries, num_heads, value_dim) in bf16
};

/// softmax(scale q K^T) V over the tokens up to each query's own, 48 queries and 240 keys at a time (Dao et al. 2022).
/// Weights are rounded to bf16 before they meet the values; their sum is that of the rounded ones.
void promptAttention(const PromptAttentionArgs& args);

}  // namespace xkv::simd
