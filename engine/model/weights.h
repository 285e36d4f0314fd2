// SPDX-License-Identifier: Apache-2.0
/// The weights of a decoder, by the names of a Hugging Face checkpoint.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/model/linear.h"

namespace xkv {

struct GroupedAttentionWeights {
  Linear query;           // (num_heads * head_dim, hidden_size)
  Linear key;             // (kv_dim, hidden_size)
  Linear value;           // (kv_dim, hidden_size)
  Linear output;          // (hidden_size, num_heads * head_dim)
  at::Tensor query_norm;  // (head_dim); undefined = none
  at::Tensor key_norm;    // (head_dim)
};

struct LatentAttentionWeights {
  Linear query_down;      // (q_lora_rank, hidden_size); undefined = the query has no latent of its own
  at::Tensor query_norm;  // (q_lora_rank)
  Linear query;           // (num_heads * head_dim, q_lora_rank or hidden_size)
  Linear kv_down;         // (kv_lora_rank + qk_rope_head_dim, hidden_size): what is cached
  at::Tensor kv_norm;     // (kv_lora_rank)
  Linear kv_up;           // (num_heads * (qk_nope_head_dim + v_head_dim), kv_lora_rank): W_UK and W_UV
  Linear output;          // (hidden_size, num_heads * v_head_dim)
};

struct MlpWeights {
  Linear gate;  // (middle, hidden_size)
  Linear up;    // (middle, hidden_size)
  Linear down;  // (hidden_size, middle)
};

struct MixtureWeights {
  at::Tensor router;                 // (num_experts, hidden_size)
  std::vector<MlpWeights> experts;
  std::optional<MlpWeights> shared;  // the shared experts side by side
};

struct LayerWeights {
  at::Tensor input_norm;           // (hidden_size)
  at::Tensor post_attention_norm;  // (hidden_size)
  std::variant<GroupedAttentionWeights, LatentAttentionWeights> attention;
  std::variant<MlpWeights, MixtureWeights> feed_forward;
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
