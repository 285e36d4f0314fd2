// SPDX-License-Identifier: Apache-2.0
/// The decoder of the Llama family: one layer over a whole prompt, or one token through all layers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/model/rotary_table.h"
#include "engine/model/weights.h"

namespace xkv {

class Decoder {
 public:
  Decoder(ModelConfig config, Weights weights, at::Device device);

  const ModelConfig& config() const { return config_; }
  const RotaryTable& rotary() const { return rotary_; }
  int64_t weightBytes() const { return weights_.num_bytes; }

  /// (n) ids → (n, hidden_size)
  at::Tensor embed(const std::vector<int64_t>& ids) const;

  /// One layer over all prompt tokens, `chunk` at a time. `hidden` (seq_len, hidden_size) is changed in place;
  /// attention is over the original keys and values, which are returned. interrupted when stopped.
  Result<KeyValueRows> prefillLayer(int64_t layer, at::Tensor& hidden, int64_t chunk,
                                    PhaseSink& phases, std::stop_token stop) const;

  /// One generated token at `position` through all layers over a cache; returns logits (vocab_size), fp32.
  Result<at::Tensor> step(int64_t id, int64_t position, KvCache& cache, PhaseSink& phases,
                          std::stop_token stop) const;

  at::Tensor finalNorm(const at::Tensor& hidden) const;
  /// (n, hidden_size), before the final norm → (n, vocab_size), fp32
  at::Tensor logits(const at::Tensor& hidden) const;

 private:
  struct Prompt {  // one layer's rows, filled chunk by chunk
    at::Tensor keys;     // (seq_len, kv_dim), before RoPE
    at::Tensor rotated;  // (seq_len, num_kv_heads, head_dim)
    at::Tensor values;   // (seq_len, kv_dim)
  };
  at::Tensor norm(const at::Tensor& x, const at::Tensor& weight) const;
  at::Tensor mlp(const LayerWeights& layer, const at::Tensor& hidden) const;
  at::Tensor promptAttention(const LayerWeights& layer, const at::Tensor& normed, int64_t begin,
                             Prompt& prompt, PhaseSink& phases, int32_t index) const;
  Status stepLayer(int64_t index, int64_t position, at::Tensor& hidden, KvCache& cache,
                   PhaseSink& phases, std::stop_token stop) const;

  ModelConfig config_;
  Weights weights_;
  at::Device device_;
  RotaryTable rotary_;
};

}  // namespace xkv
