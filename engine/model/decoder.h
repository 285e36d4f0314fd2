// SPDX-License-Identifier: Apache-2.0
/// The decoder of every family: one layer over a whole prompt, or a few tokens through all layers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/model/attention.h"
#include "engine/model/rotary_table.h"
#include "engine/model/weights.h"

namespace xkv {

/// Layers refer to the decoder's own config and table, so it stays where it is made.
class Decoder {
 public:
  Decoder(ModelConfig config, Weights weights, at::Device device);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  const ModelConfig& config() const { return config_; }
  const RotaryTable& rotary() const { return rotary_; }
  int64_t weightBytes() const { return weights_.num_bytes; }
  /// How caches of this model read their rows.
  CacheForm cacheForm() const { return cacheFormOf(config_, weights_.layers); }

  /// (n) ids → (n, hidden_size)
  at::Tensor embed(const std::vector<int64_t>& ids) const;

  /// One layer over all prompt tokens, `chunk` at a time. `hidden` (seq_len, hidden_size) is changed in place;
  /// attention is over the original rows, which are returned. interrupted when stopped.
  Result<CacheRows> prefillLayer(int64_t layer, at::Tensor& hidden, int64_t chunk,
                                 PhaseSink& phases, std::stop_token stop) const;

  /// Tokens at positions first_position.. through all layers over a cache: one that was generated, or those of a
  /// next turn. Returns the logits after the last of them, (vocab_size), fp32.
  Result<at::Tensor> step(const std::vector<int64_t>& ids, int64_t first_position, KvCache& cache,
                          PhaseSink& phases, std::stop_token stop) const;

  at::Tensor finalNorm(const at::Tensor& hidden) const;
  /// (n, hidden_size), before the final norm → (n, vocab_size), fp32
  at::Tensor logits(const at::Tensor& hidden) const;

 private:
  struct Prompt {  // one layer's rows, filled chunk by chunk
    CacheRows rows;
    HeadRows heads;
  };
  const Attention& attention(int64_t layer) const;
  at::Tensor norm(const at::Tensor& x, const at::Tensor& weight) const;
  at::Tensor promptAttention(int64_t layer, const at::Tensor& normed, int64_t begin,
                             int64_t seq_len, Prompt& prompt, PhaseSink& phases) const;
  at::Tensor cacheAttention(int64_t layer, const at::Tensor& query, int64_t first_position,
                            const KvCache& cache, PhaseSink& phases) const;
  Status stepLayer(int64_t layer, int64_t first_position, at::Tensor& hidden, KvCache& cache,
                   PhaseSink& phases, std::stop_token stop) const;

  ModelConfig config_;
  Weights weights_;
  at::Device device_;
  RotaryTable rotary_;
  std::vector<std::unique_ptr<Attention>> attentions_;  // one per layer
};

}  // namespace xkv
