// SPDX-License-Identifier: Apache-2.0
/// The shape of a model, as far as its cache and a reader's questions need it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "profiling/records/compression_config.h"
#include "profiling/records/dtype.h"

namespace xkv {

struct ModelShape {
  std::string name;        ///< last part of the model folder's path
  std::string model_type;  ///< as in config.json, "llama"
  int64_t num_layers = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_heads = 0;  ///< query heads
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  int64_t vocab_size = 0;
  int64_t max_position_embeddings = 0;  ///< tokens
  double rope_theta = 0;
  std::string rope_type = "default";
  bool tie_word_embeddings = false;
  int64_t num_parameters = 0;
  int64_t weight_bytes = 0;  ///< bytes of the weights on disk
  Dtype weight_dtype = Dtype::fp32;
  int64_t sliding_window = 0;    ///< tokens a query sees; 0 = all
  int64_t kv_lora_rank = 0;      ///< width of the latent; 0 = no latent attention (MLA)
  int64_t qk_rope_head_dim = 0;  ///< width of the RoPE key under MLA
  int64_t qk_nope_head_dim = 0;  ///< of each query head, without RoPE, under MLA
  int64_t v_head_dim = 0;        ///< of each head's value under MLA
  int64_t num_experts = 0;       ///< routed experts of a mixture layer; 0 = dense MLP everywhere
  bool random_weights = false;   ///< made for measuring speed: what such a model says means nothing

  bool isMla() const { return kv_lora_rank > 0; }
  std::array<Stream, 2> streams() const {
    return isMla() ? std::array{Stream::latent, Stream::rope_key}
                   : std::array{Stream::key, Stream::value};
  }
  /// Width of one cached stream of one layer.
  int64_t width(Stream stream) const {
    if (stream == Stream::latent) return kv_lora_rank;
    return stream == Stream::rope_key ? qk_rope_head_dim : kvDim();
  }
  /// Heads that a stream's rows are split into: what MLA caches is shared by all heads.
  int64_t headsOf(Stream stream) const {
    return stream == Stream::latent || stream == Stream::rope_key ? 1 : num_kv_heads;
  }
  /// Width of keys, and of values, without MLA.
  int64_t kvDim() const { return num_kv_heads * head_dim; }
  friend bool operator==(const ModelShape&, const ModelShape&) = default;
};

}  // namespace xkv
