// SPDX-License-Identifier: Apache-2.0
/// The shape of a model, as far as its cache and a reader's questions need it.
#pragma once

#include <cstdint>
#include <string>

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

  /// Width of one cached stream of one layer.
  int64_t kvDim() const { return num_kv_heads * head_dim; }
  friend bool operator==(const ModelShape&, const ModelShape&) = default;
};

}  // namespace xkv
