// SPDX-License-Identifier: Apache-2.0
/// What config.json of a model folder says, in one spelling and within sane ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/model_folder.h"
#include "profiling/records/model_shape.h"
#include "profiling/records/result.h"

namespace xkv {

enum class RopeType { default_, linear, llama3, yarn };

/// How rotary frequencies are stretched beyond the trained length. Numbers that a type does not use
/// keep their defaults.
struct RopeScaling {
  RopeType type = RopeType::default_;
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  int64_t original_max_position_embeddings = 0;
  double beta_fast = 32;
  double beta_slow = 1;
  bool truncate = true;          ///< yarn: the ends of its ramp are whole dimensions
  double attention_factor = 1;   ///< cosines and sines are multiplied with it
  double mscale_all_dim = 0;     ///< yarn of DeepSeek: enters the softmax scale; 0 = it does not
  friend bool operator==(const RopeScaling&, const RopeScaling&) = default;
};

/// A mixture of experts in the layers from `first_layer` on; each token takes experts_per_token of them, and all
/// shared ones.
struct MixtureConfig {
  int64_t num_experts = 0;
  int64_t num_shared_experts = 0;
  int64_t experts_per_token = 0;
  int64_t intermediate_size = 0;  ///< of one expert
  int64_t first_layer = 0;
  int64_t num_groups = 1;
  int64_t groups_per_token = 1;   ///< below num_groups: experts of the best groups only
  double routed_scaling_factor = 1;
  friend bool operator==(const MixtureConfig&, const MixtureConfig&) = default;
};

struct ModelConfig {
  ModelShape shape;  ///< num_parameters, weight_bytes and weight_dtype are left for the checkpoint
  double rms_norm_eps = 1e-5;
  RopeScaling rope_scaling;
  int64_t rope_dim = 0;           ///< width that RoPE turns
  bool rope_interleaved = false;  ///< pairs are neighbours, else halves
  double softmax_scale = 1;
  std::vector<int64_t> windows;   ///< per layer: tokens that a query sees, itself included; 0 = all
  bool query_key_value_bias = false;
  bool output_bias = false;
  bool mlp_bias = false;
  bool query_key_norm = false;    ///< per head, before RoPE
  double latent_norm_eps = 1e-6;  ///< MLA: of the latents' norms, whatever rms_norm_eps says
  int64_t q_lora_rank = 0;        ///< MLA: width of the query's own latent; 0 = none
  std::optional<MixtureConfig> mixture;
  /// Of generation_config.json if it names any, else of config.json; any of them ends a text.
  std::vector<int64_t> eos_token_ids;
  std::optional<int64_t> bos_token_id;
  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

/// Both spellings of config.json: rope_theta, rope_scaling and torch_dtype, or rope_parameters and
/// dtype. bad_input names the file, the key, what stands there and what is allowed; a model type,
/// activation or RoPE type that is not supported is named too.
Result<ModelConfig> readModelConfig(const ModelFolder& folder);

}  // namespace xkv
