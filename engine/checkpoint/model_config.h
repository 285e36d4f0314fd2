// SPDX-License-Identifier: Apache-2.0
/// What config.json of a model folder says, in one spelling and within sane ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/model_shape.h"
#include "profiling/records/result.h"

namespace xkv {

enum class RopeType { default_, linear, llama3 };

/// How rotary frequencies are stretched beyond the trained length. Numbers that a type does not use
/// keep their defaults.
struct RopeScaling {
  RopeType type = RopeType::default_;
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  int64_t original_max_position_embeddings = 0;
  friend bool operator==(const RopeScaling&, const RopeScaling&) = default;
};

struct ModelConfig {
  ModelShape shape;  ///< num_parameters, weight_bytes and weight_dtype are left for the checkpoint
  double rms_norm_eps = 1e-5;
  RopeScaling rope_scaling;
  bool attention_bias = false;
  bool mlp_bias = false;
  /// Of generation_config.json if it names any, else of config.json; any of them ends a text.
  std::vector<int64_t> eos_token_ids;
  std::optional<int64_t> bos_token_id;
  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

/// Both spellings of config.json: rope_theta, rope_scaling and torch_dtype, or rope_parameters and
/// dtype. bad_input names the file, the key, what stands there and what is allowed; a model type,
/// activation or RoPE type that is not supported is named too.
Result<ModelConfig> readModelConfig(const std::string& model_dir, bool follow_symlinks = false);

}  // namespace xkv
