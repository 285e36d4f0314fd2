// SPDX-License-Identifier: Apache-2.0
/// The weights of a Llama-family decoder, by the names of a Hugging Face checkpoint.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"

namespace xkv {

struct Linear {
  at::Tensor weight;  // (out, in)
  at::Tensor bias;    // (out); undefined = none
};

struct LayerWeights {
  at::Tensor input_norm;           // (hidden_size)
  at::Tensor post_attention_norm;  // (hidden_size)
  Linear query;                    // (num_heads * head_dim, hidden_size)
  Linear key;                      // (kv_dim, hidden_size)
  Linear value;                    // (kv_dim, hidden_size)
  Linear output;                   // (hidden_size, num_heads * head_dim)
  Linear gate;                     // (intermediate_size, hidden_size)
  Linear up;                       // (intermediate_size, hidden_size)
  Linear down;                     // (hidden_size, intermediate_size)
};

struct Weights {
  at::Tensor embedding;   // (vocab_size, hidden_size)
  std::vector<LayerWeights> layers;
  at::Tensor final_norm;  // (hidden_size)
  at::Tensor head;        // (vocab_size, hidden_size); the embedding where tied
  int64_t num_bytes = 0;  ///< of all tensors, in the dtype they were loaded as
  /// Keeps the files mapped: weights of the asked dtype are used where they lie.
  std::shared_ptr<Checkpoint> checkpoint;
};

struct LoadRequest {
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::Device(at::kCPU);
  std::function<Status(int64_t done_bytes, int64_t total_bytes)> progress;
};

/// bad_input names the tensor that is missing or has a shape that config.json does not allow.
Result<Weights> loadWeights(const ModelConfig& config, Checkpoint checkpoint,
                            const LoadRequest& request, std::stop_token stop);

}  // namespace xkv
