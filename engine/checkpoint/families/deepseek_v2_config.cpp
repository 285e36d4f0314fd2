// SPDX-License-Identifier: Apache-2.0
/// DeepSeek-V2: latent attention (MLA) with interleaved RoPE pairs, and mixtures of experts.
#include <cmath>

#include "engine/checkpoint/families/model_family.h"
#include "engine/checkpoint/rope_config.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

void readLatents(ConfigReader& reader, ModelConfig& config) {
  ModelShape& shape = config.shape;
  shape.num_kv_heads = shape.num_heads;  // after the latent is expanded, which no cache does
  shape.kv_lora_rank = reader.integer("kv_lora_rank", kWidthRange);
  config.q_lora_rank = reader.optionalInteger("q_lora_rank", kWidthRange).value_or(0);
  shape.qk_nope_head_dim = reader.integer("qk_nope_head_dim", kHeadDimRange);
  shape.qk_rope_head_dim = reader.integer("qk_rope_head_dim", kHeadDimRange);
  shape.v_head_dim = reader.integer("v_head_dim", {1, kHeadDimRange.largest});
  if (shape.qk_rope_head_dim % 2 != 0) {
    reader.refuse(
        sentence("qk_rope_head_dim is {}, RoPE needs an even one", shape.qk_rope_head_dim));
  }
  shape.head_dim = shape.qk_nope_head_dim + shape.qk_rope_head_dim;
  config.rope_dim = shape.qk_rope_head_dim;
  config.rope_interleaved = true;
}

/// YaRN lowers the entropy of attention by its own scale, squared, where mscale_all_dim is given.
double softmaxScale(const ModelConfig& config) {
  const RopeScaling& rope = config.rope_scaling;
  const double scale = 1 / std::sqrt(static_cast<double>(config.shape.head_dim));
  if (rope.type != RopeType::yarn || rope.mscale_all_dim == 0) return scale;
  const double mscale = yarnMscale(rope.factor, rope.mscale_all_dim);
  return scale * mscale * mscale;
}

/// One value of a key is supported; another would be computed wrongly.
void needText(ConfigReader& reader, const char* key, const char* supported) {
  const std::string value = reader.optionalText(key).value_or(supported);
  if (value != supported) {
    reader.refuse(sentence("{} {} is not supported; {} is", key, printable(value, 40), supported));
  }
}

void readGroups(ConfigReader& reader, MixtureConfig& mixture) {
  const std::string method = reader.optionalText("topk_method").value_or("greedy");
  if (method == "greedy") return;
  if (method != "group_limited_greedy") {
    reader.refuse(sentence("topk_method {} is not supported; greedy and group_limited_greedy are",
                           printable(method, 40)));
    return;
  }
  mixture.num_groups = reader.integer("n_group", {1, mixture.num_experts});
  mixture.groups_per_token = reader.integer("topk_group", {1, mixture.num_groups});
  if (mixture.num_experts % mixture.num_groups != 0) {
    reader.refuse(sentence("n_routed_experts {} is no multiple of n_group {}", mixture.num_experts,
                           mixture.num_groups));
  }
}

void readMixture(ConfigReader& reader, ModelConfig& config) {
  const auto num_experts = reader.optionalInteger("n_routed_experts", kHeadRange);
  if (!num_experts) return;
  MixtureConfig mixture;
  mixture.num_experts = *num_experts;
  mixture.num_shared_experts =
      reader.optionalInteger("n_shared_experts", {0, kHeadRange.largest}).value_or(0);
  mixture.intermediate_size = reader.integer("moe_intermediate_size", kWidthRange);
  mixture.first_layer =
      reader.optionalInteger("first_k_dense_replace", {0, kLayerRange.largest}).value_or(0);
  mixture.routed_scaling_factor = reader.numberOr("routed_scaling_factor", {1e-6, 1e6}, 1);
  readGroups(reader, mixture);
  const int64_t reachable = mixture.num_experts / mixture.num_groups * mixture.groups_per_token;
  mixture.experts_per_token = reader.integer("num_experts_per_tok", {1, reachable});
  reader.optionalInteger("moe_layer_freq", {1, 1});
  needText(reader, "scoring_func", "softmax");
  if (reader.booleanOr("norm_topk_prob", false)) {
    reader.refuse("norm_topk_prob true is not supported; false is");
  }
  config.shape.num_experts = mixture.num_experts;
  config.mixture = mixture;
}

}  // namespace

void readDeepseekV2(ConfigReader& reader, ModelConfig& config) {
  readLatents(reader, config);
  config.softmax_scale = softmaxScale(config);
  config.query_key_value_bias = reader.booleanOr("attention_bias", false);
  config.output_bias = config.query_key_value_bias;
  config.mlp_bias = reader.booleanOr("mlp_bias", false);
  readMixture(reader, config);
}

}  // namespace xkv
