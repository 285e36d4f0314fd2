// SPDX-License-Identifier: Apache-2.0
/// What a model's decoder needs of a cache, whatever it keeps inside.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <vector>

#include "profiling/phase_sink.h"
#include "profiling/records/memory_record.h"
#include "profiling/records/result.h"

namespace xkv {

/// Keys (before RoPE) and values of some tokens of one layer.
struct KeyValueRows {
  at::Tensor keys;    // (n, num_kv_heads * head_dim), before RoPE
  at::Tensor values;  // (n, num_kv_heads * head_dim)
};

class KvCache {
 public:
  virtual ~KvCache() = default;

  /// The one mutator while tokens come in. The first call for a layer brings all its prompt rows, later
  /// calls one generated token each; layers come in order.
  virtual Status append(int64_t layer, KeyValueRows rows, PhaseSink& phases,
                        std::stop_token stop) = 0;

  /// softmax(q K^T / sqrt(head_dim)) V over everything the layer holds.
  /// query (num_heads, head_dim), rotated; the result has the same shape.
  virtual at::Tensor attend(int64_t layer, const at::Tensor& query) const = 0;

  /// True where attending rebuilds rows from factors; names the phase.
  virtual bool rebuilds(int64_t layer) const = 0;

  /// Back to the prompt: what was generated is dropped.
  virtual void forgetGenerated() = 0;

  virtual int64_t generatedTokens() const = 0;

  /// Every byte that the cache's tensors hold, by part, from their real storage.
  virtual std::vector<MemoryPart> parts() const = 0;

  int64_t bytes() const {
    int64_t sum = 0;
    for (const MemoryPart& part : parts()) sum += part.bytes;
    return sum;
  }
};

}  // namespace xkv
