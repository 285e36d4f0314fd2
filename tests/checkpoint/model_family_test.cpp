// SPDX-License-Identifier: Apache-2.0
/// What config.json means in each family, and what a family cannot have.
#include "engine/checkpoint/families/model_family.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json dense(const char* model_type) {
  return {{"model_type", model_type},
          {"hidden_size", 64},
          {"intermediate_size", 160},
          {"num_attention_heads", 4},
          {"num_hidden_layers", 4},
          {"num_key_value_heads", 2},
          {"head_dim", 24},
          {"rms_norm_eps", 1e-5},
          {"vocab_size", 320},
          {"rope_theta", 10000.0},
          {"max_position_embeddings", 1024}};
}

json deepseek() {
  json config = dense("deepseek_v2");
  config.update({{"kv_lora_rank", 32},
                 {"q_lora_rank", nullptr},
                 {"qk_nope_head_dim", 24},
                 {"qk_rope_head_dim", 16},
                 {"v_head_dim", 20},
                 {"n_routed_experts", 8},
                 {"n_shared_experts", 2},
                 {"num_experts_per_tok", 3},
                 {"moe_intermediate_size", 40},
                 {"first_k_dense_replace", 1}});
  return config;
}

json yarn() {
  return {{"type", "yarn"}, {"factor", 16.0}, {"original_max_position_embeddings", 128}};
}

Result<ModelConfig> readFrom(const json& config) {
  const TestFolder folder;
  folder.write("config.json", config.dump());
  return readModelConfig(folder.path());
}

ModelConfig read(const json& config) {
  const auto found = readFrom(config);
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  return found ? *found : ModelConfig();
}

std::string refusal(json config, const json& changes) {
  config.update(changes);
  const auto found = readFrom(config);
  return found ? "it was read" : found.error().message;
}

TEST(ModelFamily, MistralHasAWindowWhereTheConfigHasOne) {
  json config = dense("mistral");
  EXPECT_THAT(read(config).windows, ElementsAre(0, 0, 0, 0));
  config["sliding_window"] = nullptr;
  EXPECT_EQ(read(config).shape.sliding_window, 0);
  config["sliding_window"] = 48;
  EXPECT_THAT(read(config).windows, ElementsAre(48, 48, 48, 48));
  EXPECT_EQ(read(config).shape.sliding_window, 48);
  EXPECT_FALSE(read(config).query_key_value_bias);
  EXPECT_THAT(refusal(config, {{"sliding_window", 0}}), HasSubstr("sliding_window is 0"));
}

TEST(ModelFamily, Qwen2HasBiasesOnQueriesKeysAndValuesOnly) {
  const ModelConfig config = read(dense("qwen2"));
  EXPECT_TRUE(config.query_key_value_bias);
  EXPECT_FALSE(config.output_bias || config.mlp_bias || config.query_key_norm);
}

TEST(ModelFamily, QwenWindowsCoverTheLayersThatTheConfigNames) {
  json config = dense("qwen2");
  config.update({{"sliding_window", 32}, {"max_window_layers", 3}});
  EXPECT_THAT(read(config).windows, ElementsAre(0, 0, 0, 0));
  config["use_sliding_window"] = true;
  EXPECT_THAT(read(config).windows, ElementsAre(0, 0, 0, 32));
  config["layer_types"] = {"sliding_attention", "full_attention", "sliding_attention",
                           "full_attention"};
  EXPECT_THAT(read(config).windows, ElementsAre(32, 0, 32, 0));
  EXPECT_THAT(refusal(config, {{"layer_types", {"full_attention"}}}),
              HasSubstr("layer_types lists 1 layers, num_hidden_layers is 4"));
  EXPECT_THAT(refusal(config, {{"layer_types", {"a", "b", "c", "linear_attention"}}}),
              HasSubstr("layer_types names a"));
  EXPECT_THAT(refusal(config, {{"layer_types", 4}}), HasSubstr("layer_types is 4, a list"));
}

TEST(ModelFamily, Qwen3NormsHeadsAndNamesTheirWidth) {
  const ModelConfig config = read(dense("qwen3"));
  EXPECT_TRUE(config.query_key_norm);
  EXPECT_FALSE(config.query_key_value_bias);
  EXPECT_EQ(config.shape.head_dim, 24);
  EXPECT_THAT(refusal(dense("qwen3"), {{"head_dim", nullptr}}), HasSubstr("head_dim is missing"));
}

TEST(ModelFamily, DeepseekCachesALatentAndARopeKey) {
  const ModelConfig config = read(deepseek());
  EXPECT_TRUE(config.shape.isMla());
  EXPECT_EQ(config.shape.width(Stream::latent), 32);
  EXPECT_EQ(config.shape.width(Stream::rope_key), 16);
  EXPECT_EQ(config.shape.head_dim, 40);
  EXPECT_EQ(config.rope_dim, 16);
  EXPECT_TRUE(config.rope_interleaved);
  EXPECT_DOUBLE_EQ(config.softmax_scale, 1 / std::sqrt(40.0));
  ASSERT_TRUE(config.mixture);
  EXPECT_EQ(config.shape.num_experts, 8);
  EXPECT_EQ(config.mixture->first_layer, 1);
  EXPECT_EQ(config.mixture->groups_per_token, config.mixture->num_groups);
}

TEST(ModelFamily, DeepseekTakesYarnIntoTheSoftmaxScale) {
  json config = deepseek();
  config["rope_scaling"] = yarn();
  EXPECT_DOUBLE_EQ(read(config).softmax_scale, 1 / std::sqrt(40.0));
  config["rope_scaling"].update({{"mscale", 0.707}, {"mscale_all_dim", 0.707}});
  const double mscale = 0.1 * 0.707 * std::log(16.0) + 1;
  EXPECT_DOUBLE_EQ(read(config).softmax_scale, mscale * mscale / std::sqrt(40.0));
  EXPECT_DOUBLE_EQ(read(config).rope_scaling.attention_factor, 1);
}

TEST(ModelFamily, YarnStretchesTheContext) {
  json config = dense("qwen2");
  config["rope_scaling"] = yarn();
  EXPECT_EQ(read(config).shape.max_position_embeddings, 2048);
  EXPECT_DOUBLE_EQ(read(config).rope_scaling.attention_factor, 0.1 * std::log(16.0) + 1);
  config["max_position_embeddings"] = 4096;
  EXPECT_EQ(read(config).shape.max_position_embeddings, 4096);
  config["rope_scaling"].erase("original_max_position_embeddings");
  EXPECT_EQ(read(config).rope_scaling.original_max_position_embeddings, 4096);
}

TEST(ModelFamily, NamesYarnNumbersThatMakeNoSense) {
  const auto with = [](const char* key, const json& value) {
    json scaling = yarn();
    scaling[key] = value;
    return refusal(dense("qwen2"), {{"rope_scaling", scaling}});
  };
  EXPECT_THAT(with("factor", nullptr), HasSubstr("rope_scaling: factor is missing"));
  for (const char* key : {"factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
                          "attention_factor", "original_max_position_embeddings"}) {
    EXPECT_THAT(with(key, -1), HasSubstr(std::string(key) + " is -1"));
    EXPECT_THAT(with(key, "x"), HasSubstr(std::string(key) + " is \"x\""));
  }
  EXPECT_THAT(with("beta_slow", 32), HasSubstr("beta_fast is 32, it must be above beta_slow 32"));
  EXPECT_THAT(with("truncate", 1), HasSubstr("truncate is 1, true or false"));
  EXPECT_THAT(refusal(dense("qwen2"), {{"rope_scaling", yarn()}, {"rope_theta", 1}}),
              HasSubstr("rope_theta is 1, yarn needs one above 1"));
}

TEST(ModelFamily, NamesWhatDeepseekNeeds) {
  for (const char* key : {"kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim",
                          "num_experts_per_tok", "moe_intermediate_size"}) {
    EXPECT_THAT(refusal(deepseek(), {{key, nullptr}}), HasSubstr(std::string(key) + " is missing"));
    EXPECT_THAT(refusal(deepseek(), {{key, -4}}), HasSubstr(std::string(key) + " is -4"));
    EXPECT_THAT(refusal(deepseek(), {{key, 1e12}}), HasSubstr(std::string(key) + " is "));
  }
  EXPECT_THAT(refusal(deepseek(), {{"qk_rope_head_dim", 15}}),
              HasSubstr("qk_rope_head_dim is 15, RoPE needs an even one"));
  EXPECT_THAT(refusal(deepseek(), {{"num_experts_per_tok", 9}}),
              HasSubstr("num_experts_per_tok is 9, an integer from 1 to 8"));
}

TEST(ModelFamily, NamesRoutingThatItDoesNotKnow) {
  EXPECT_THAT(refusal(deepseek(), {{"topk_method", "noaux_tc"}}),
              HasSubstr("topk_method noaux_tc is not supported"));
  EXPECT_THAT(refusal(deepseek(), {{"scoring_func", "sigmoid"}}),
              HasSubstr("scoring_func sigmoid is not supported; softmax is"));
  EXPECT_THAT(refusal(deepseek(), {{"norm_topk_prob", true}}),
              HasSubstr("norm_topk_prob true is not supported"));
  EXPECT_THAT(refusal(deepseek(), {{"moe_layer_freq", 2}}), HasSubstr("moe_layer_freq is 2"));
  const json limited{{"topk_method", "group_limited_greedy"}, {"n_group", 3}, {"topk_group", 2}};
  EXPECT_THAT(refusal(deepseek(), limited), HasSubstr("n_routed_experts 8 is no multiple of"));
  json fitting = limited;
  fitting["n_group"] = 4;
  fitting["topk_group"] = 1;
  EXPECT_THAT(refusal(deepseek(), fitting),
              HasSubstr("num_experts_per_tok is 3, an integer from 1 to 2"));
}

TEST(ModelFamily, WithoutRoutedExpertsEveryLayerIsDense) {
  json config = deepseek();
  config["n_routed_experts"] = nullptr;
  EXPECT_FALSE(read(config).mixture);
}

TEST(ModelFamily, RandomWeightsAreMarked) {
  json config = dense("llama");
  EXPECT_FALSE(read(config).shape.random_weights);
  config["xkv_random_weights"] = true;
  EXPECT_TRUE(read(config).shape.random_weights);
  EXPECT_THAT(refusal(config, {{"xkv_random_weights", 1}}), HasSubstr("xkv_random_weights is 1"));
}

// transformers 4 and 5 spell a config differently; both mean one model.
TEST(ModelFamily, BothSpellingsOfTheReferenceModelsMeanTheSame) {
  for (const char* model : {"llama", "llama31", "llama_bias_mqa", "mistral", "qwen2", "qwen3",
                            "deepseek_v2", "deepseek_v2_lite"}) {
    const std::string data = std::string(XKV_SOURCE_DIR "/tests/engine/data/models/") + model;
    const auto configOf = [&](const char* name) {
      const TestFolder folder;
      folder.write("same/config.json", "");
      std::filesystem::copy_file(data + "/" + name, folder / "same/config.json",
                                 std::filesystem::copy_options::overwrite_existing);
      const auto config = readModelConfig(folder / "same");
      EXPECT_TRUE(config) << (config ? "" : config.error().message);
      return config.value_or(ModelConfig());
    };
    EXPECT_EQ(configOf("config.json"), configOf("config.legacy.json")) << model;
  }
}

}  // namespace
}  // namespace xkv
