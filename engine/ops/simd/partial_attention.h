// SPDX-License-Identifier: Apache-2.0
/// What a thread has of its tokens while one row attends to all of them.
#pragma once

#include <cstdint>
#include <vector>

namespace xkv::simd {

/// Sums over e^(score - top), for each query head.
struct PartialAttention {
  std::vector<float> top;    // (num_heads), largest scaled score
  std::vector<float> sum;    // (num_heads)
  std::vector<float> mixed;  // (num_heads, head_dim)
};

constexpr int64_t kBlockTokens = 64;

}  // namespace xkv::simd
