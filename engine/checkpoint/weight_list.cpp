// SPDX-License-Identifier: Apache-2.0
/// Names and shapes of all weights that a config.json asks for, as a Hugging Face checkpoint has them.
#include "engine/checkpoint/weight_list.h"

#include <utility>

namespace xkv {
namespace {

class WeightLister {
 public:
  explicit WeightLister(const ModelConfig& config)
      : config_(config), shape_(config.shape), hidden_(config.shape.hidden_size) {}

  std::vector<ListedWeight> all() {
    matrix("model.embed_tokens.weight", shape_.vocab_size, hidden_);
    for (int64_t i = 0; i < shape_.num_layers; ++i) layer(i);
    norm("model.norm", hidden_);
    if (!shape_.tie_word_embeddings) matrix("lm_head.weight", shape_.vocab_size, hidden_);
    return std::move(weights_);
  }

 private:
  void matrix(std::string name, int64_t out, int64_t in) {
    weights_.push_back({std::move(name), {out, in}, WeightKind::matrix});
  }
  void norm(const std::string& name, int64_t width) {
    weights_.push_back({name + ".weight", {width}, WeightKind::norm});
  }
  void linear(const std::string& name, int64_t out, int64_t in, bool with_bias) {
    matrix(name + ".weight", out, in);
    if (with_bias) weights_.push_back({name + ".bias", {out}, WeightKind::bias});
  }

  void groupedAttention(const std::string& name) {
    const int64_t query_dim = shape_.num_heads * shape_.head_dim;
    const bool bias = config_.query_key_value_bias;
    linear(name + "q_proj", query_dim, hidden_, bias);
    linear(name + "k_proj", shape_.kvDim(), hidden_, bias);
    linear(name + "v_proj", shape_.kvDim(), hidden_, bias);
    if (config_.query_key_norm) {
      norm(name + "q_norm", shape_.head_dim);
      norm(name + "k_norm", shape_.head_dim);
    }
    linear(name + "o_proj", hidden_, query_dim, config_.output_bias);
  }

  void latentAttention(const std::string& name) {
    const int64_t query_dim = shape_.num_heads * shape_.head_dim;
    const bool bias = config_.query_key_value_bias;
    if (config_.q_lora_rank > 0) {
      linear(name + "q_a_proj", config_.q_lora_rank, hidden_, bias);
      norm(name + "q_a_layernorm", config_.q_lora_rank);
      linear(name + "q_b_proj", query_dim, config_.q_lora_rank, false);
    } else {
      linear(name + "q_proj", query_dim, hidden_, false);
    }
    linear(name + "kv_a_proj_with_mqa", shape_.kv_lora_rank + shape_.qk_rope_head_dim, hidden_,
           bias);
    norm(name + "kv_a_layernorm", shape_.kv_lora_rank);
    linear(name + "kv_b_proj", shape_.num_heads * (shape_.qk_nope_head_dim + shape_.v_head_dim),
           shape_.kv_lora_rank, false);
    linear(name + "o_proj", hidden_, shape_.num_heads * shape_.v_head_dim, config_.output_bias);
  }

  void mlp(const std::string& name, int64_t middle, bool bias) {
    linear(name + "gate_proj", middle, hidden_, bias);
    linear(name + "up_proj", middle, hidden_, bias);
    linear(name + "down_proj", hidden_, middle, bias);
  }

  void mixture(const std::string& name, const MixtureConfig& mixture) {
    matrix(name + "gate.weight", mixture.num_experts, hidden_);
    for (int64_t i = 0; i < mixture.num_experts; ++i) {
      mlp(name + "experts." + std::to_string(i) + ".", mixture.intermediate_size, false);
    }
    if (mixture.num_shared_experts > 0) {
      mlp(name + "shared_experts.", mixture.num_shared_experts * mixture.intermediate_size,
          config_.mlp_bias);
    }
  }

  void layer(int64_t index) {
    const std::string name = "model.layers." + std::to_string(index) + ".";
    norm(name + "input_layernorm", hidden_);
    if (shape_.isMla()) {
      latentAttention(name + "self_attn.");
    } else {
      groupedAttention(name + "self_attn.");
    }
    norm(name + "post_attention_layernorm", hidden_);
    if (config_.mixture && index >= config_.mixture->first_layer) {
      mixture(name + "mlp.", *config_.mixture);
    } else {
      mlp(name + "mlp.", shape_.intermediate_size, config_.mlp_bias);
    }
  }

  const ModelConfig& config_;
  const ModelShape& shape_;
  int64_t hidden_;
  std::vector<ListedWeight> weights_;
};

}  // namespace

std::vector<ListedWeight> weightList(const ModelConfig& config) {
  return WeightLister(config).all();
}

}  // namespace xkv
