// SPDX-License-Identifier: Apache-2.0
/// The config.json of models with random weights: numbers of the published ones.
#include "engine/checkpoint/model_geometries.h"

#include <nlohmann/json.hpp>

namespace xkv {
namespace {

using Json = nlohmann::ordered_json;

/// Llama-3.1-8B.
constexpr const char* kLlama8b = R"({
  "model_type": "llama",
  "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
  "vocab_size": 128256, "max_position_embeddings": 131072, "rope_theta": 500000.0,
  "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                   "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
  "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false})";

constexpr const char* kQwen7b = R"({
  "model_type": "qwen2",
  "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
  "num_attention_heads": 28, "num_key_value_heads": 4,
  "vocab_size": 152064, "max_position_embeddings": 32768, "rope_theta": 1000000.0,
  "use_sliding_window": false,
  "rms_norm_eps": 1e-6, "hidden_act": "silu", "tie_word_embeddings": false})";

constexpr const char* kDeepseekV2Lite = R"({
  "model_type": "deepseek_v2",
  "hidden_size": 2048, "intermediate_size": 10944, "num_hidden_layers": 27,
  "num_attention_heads": 16, "num_key_value_heads": 16,
  "kv_lora_rank": 512, "q_lora_rank": null,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
  "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6,
  "moe_intermediate_size": 1408, "first_k_dense_replace": 1, "topk_method": "greedy",
  "n_group": 1, "topk_group": 1, "routed_scaling_factor": 1.0, "norm_topk_prob": false,
  "vocab_size": 102400, "max_position_embeddings": 163840, "rope_theta": 10000.0,
  "rope_scaling": {"type": "yarn", "factor": 40, "beta_fast": 32, "beta_slow": 1,
                   "mscale": 0.707, "mscale_all_dim": 0.707,
                   "original_max_position_embeddings": 4096},
  "rms_norm_eps": 1e-6, "hidden_act": "silu", "tie_word_embeddings": false})";

Json customConfig(const CustomSizes& sizes) {
  Json config{{"model_type", "llama"},
              {"hidden_size", sizes.hidden_size},
              {"intermediate_size", sizes.intermediate_size},
              {"num_hidden_layers", 0},
              {"num_attention_heads", sizes.num_heads},
              {"num_key_value_heads", sizes.num_kv_heads.value_or(sizes.num_heads)}};
  if (sizes.head_dim) config["head_dim"] = *sizes.head_dim;
  config["vocab_size"] = sizes.vocab_size;
  config["max_position_embeddings"] = sizes.max_position_embeddings;
  config["rope_theta"] = 500'000.0;
  config["rms_norm_eps"] = 1e-5;
  config["hidden_act"] = "silu";
  config["tie_word_embeddings"] = sizes.tie_word_embeddings;
  return config;
}

Json geometryOf(const RandomModelSpec& spec) {
  switch (spec.like) {
    case ModelLike::llama_8b: return Json::parse(kLlama8b);
    case ModelLike::qwen2_5_7b: return Json::parse(kQwen7b);
    case ModelLike::deepseek_v2_lite: return Json::parse(kDeepseekV2Lite);
    case ModelLike::custom: break;
  }
  return customConfig(spec.custom);
}

const char* torchName(Dtype dtype) {
  switch (dtype) {
    case Dtype::fp32: return "float32";
    case Dtype::bf16: return "bfloat16";
    case Dtype::fp16: return "float16";
  }
  return "";
}

}  // namespace

std::string randomModelConfig(const RandomModelSpec& spec) {
  Json config = geometryOf(spec);
  if (spec.num_layers) config["num_hidden_layers"] = *spec.num_layers;
  config["torch_dtype"] = torchName(spec.dtype);
  config["xkv_random_weights"] = true;
  return config.dump(2) + "\n";
}

}  // namespace xkv
