// SPDX-License-Identifier: Apache-2.0
/// What a model's decoder needs of a cache, whatever it keeps inside.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "profiling/phase_sink.h"
#include "profiling/records/compression_config.h"
#include "profiling/records/memory_record.h"
#include "profiling/records/result.h"

namespace xkv {

/// Place of a stream in a pair in the order of ModelShape::streams().
constexpr size_t placeOf(Stream stream) { return isFirst(stream) ? 0 : 1; }

/// Two tensors of one layer in the order of ModelShape::streams().
using StreamPair = std::array<at::Tensor, 2>;

/// Some tokens of one layer as the model makes them: keys before RoPE and values, or latents before
/// kv_a_layernorm and RoPE keys before RoPE.
struct CacheRows {
  StreamPair streams;  // (n, width of the stream) each

  const at::Tensor& of(Stream stream) const { return streams[placeOf(stream)]; }
  int64_t count() const { return streams[0].size(0); }
};

class KvCache {
 public:
  virtual ~KvCache() = default;

  /// The one mutator while tokens come in. The first call for a layer brings all its prompt rows, later
  /// calls one generated token each, or the tokens of a next turn; layers come in order.
  virtual Status append(int64_t layer, CacheRows rows, PhaseSink& phases,
                        std::stop_token stop) = 0;

  /// softmax(scale q K^T) V, for query rows at positions first_position, first_position + 1, ...; each sees
  /// what the layer holds up to its own position, within the layer's window.
  /// query (n, num_heads, query_dim), rotated → (n, num_heads, mixed_dim), as CacheForm says.
  virtual at::Tensor attend(int64_t layer, const at::Tensor& query,
                            int64_t first_position) const = 0;

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
