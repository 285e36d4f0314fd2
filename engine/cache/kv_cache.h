// SPDX-License-Identifier: Apache-2.0
/// What a model's decoder needs of a cache, whatever it keeps inside.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "profiling/phase_sink.h"
#include "profiling/records/capture_record.h"
#include "profiling/records/memory_record.h"
#include "profiling/records/result.h"
#include "profiling/records/run_record.h"

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

/// Largest bytes while prompt rows came in, beside what the cache keeps.
struct PrefillPeak {
  int64_t workspace_bytes = 0;  ///< of compressing one stream of one group
  int64_t open_row_bytes = 0;   ///< dense rows held at once while groups were open
};

/// The prompt's keys of a layer as they were, rotated: (seq_len, num_kv_heads, head_dim).
using OriginalKeys = std::function<const at::Tensor&(int64_t layer)>;

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

  /// Prompt rows as attending reads them, (seq_len, width) fp32, keys before RoPE; undefined where the stream
  /// is dense.
  virtual at::Tensor rebuilt(int64_t, Stream) const { return {}; }
  /// The groups with the ranks that were really kept; empty for a dense cache.
  virtual std::vector<PlannedGroup> factoredPlan() const { return {}; }
  virtual PrefillPeak prefillPeak() const { return {}; }
  /// Segments of new tokens that were factored since this was last asked.
  virtual std::vector<RecompressionRecord> takeRecompressions() { return {}; }

  /// True where all tokens of a turn must be attended in one step.
  virtual bool takesTurnsWhole() const { return false; }
  /// From now on the X-ray of a cache that chooses holds its recall too; an empty function ends that.
  virtual void measureRecall(OriginalKeys) {}
  /// The X-ray since this was last asked, or since the prompt; empty where nothing is chosen.
  virtual std::vector<SelectionRecord> takeSelections() { return {}; }

  int64_t bytes() const {
    int64_t sum = 0;
    for (const MemoryPart& part : parts()) sum += part.bytes;
    return sum;
  }
};

}  // namespace xkv
