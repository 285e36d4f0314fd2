// SPDX-License-Identifier: Apache-2.0
/// Both spellings of config.json, and every value that a model cannot have.
#include "engine/checkpoint/model_config.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "engine/checkpoint/model_folder.h"
#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json llama() {
  return json::parse(R"({"model_type":"llama","hidden_act":"silu","hidden_size":64,
    "intermediate_size":160,"max_position_embeddings":1024,"num_attention_heads":4,
    "num_hidden_layers":6,"num_key_value_heads":2,"rms_norm_eps":1e-05,"vocab_size":320,
    "bos_token_id":1,"eos_token_id":2,"rope_theta":500000.0,"torch_dtype":"bfloat16"})");
}

json llama3Scaling(const char* type_key) {
  return {{type_key, "llama3"},
          {"factor", 8.0},
          {"low_freq_factor", 1.0},
          {"high_freq_factor", 4.0},
          {"original_max_position_embeddings", 128}};
}

Result<ModelConfig> read(const json& config) {
  const TestFolder folder;
  folder.write("tiny-model/config.json", config.dump());
  return readModelConfig(folder / "tiny-model/");
}

std::string refusalOfText(std::string_view text) {
  const TestFolder folder;
  const std::string path = folder.write("config.json", text);
  const Result<ModelConfig> config = readModelConfig(folder.path());
  if (config) return "it was read";
  EXPECT_EQ(config.error().kind, ErrorKind::bad_input);
  EXPECT_TRUE(config.error().message.starts_with(path + ": ")) << config.error().message;
  return config.error().message.substr(path.size() + 2);
}

std::string refusalWith(const char* key, const json& value) {
  json config = llama();
  config[key] = value;
  return refusalOfText(config.dump());
}

TEST(ModelConfig, ReadsTheOldSpelling) {
  const Result<ModelConfig> config = read(llama());
  ASSERT_TRUE(config) << config.error().message;
  const ModelShape& shape = config->shape;
  EXPECT_EQ(shape.name, "tiny-model");
  EXPECT_EQ(shape.model_type, "llama");
  EXPECT_EQ(shape.num_layers, 6);
  EXPECT_EQ(shape.head_dim, 16);
  EXPECT_EQ(shape.kvDim(), 32);
  EXPECT_EQ(shape.max_position_embeddings, 1024);
  EXPECT_EQ(shape.rope_theta, 500'000);
  EXPECT_EQ(shape.rope_type, "default");
  EXPECT_FALSE(shape.tie_word_embeddings);
  EXPECT_FALSE(config->query_key_value_bias);
  EXPECT_EQ(config->rope_dim, 16);
  EXPECT_DOUBLE_EQ(config->softmax_scale, 0.25);
  EXPECT_THAT(config->windows, ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_DOUBLE_EQ(config->rms_norm_eps, 1e-5);
  EXPECT_THAT(config->eos_token_ids, ElementsAre(2));
  EXPECT_EQ(config->bos_token_id, 1);
}

TEST(ModelConfig, BothSpellingsMeanTheSame) {
  for (const json& scaling :
       {json(), json{{"type", "linear"}, {"factor", 2}}, llama3Scaling("type")}) {
    json old_style = llama();
    old_style["rope_scaling"] = scaling;
    json new_style = llama();
    new_style.erase("rope_theta");
    new_style.erase("torch_dtype");
    new_style["dtype"] = "bfloat16";
    json parameters = scaling.is_null() ? json{{"type", "default"}} : scaling;
    parameters["rope_type"] = parameters["type"];
    parameters.erase("type");
    parameters["rope_theta"] = 500000;
    new_style["rope_parameters"] = parameters;
    const auto from_old = read(old_style);
    const auto from_new = read(new_style);
    ASSERT_TRUE(from_old) << from_old.error().message;
    ASSERT_TRUE(from_new) << from_new.error().message;
    EXPECT_EQ(*from_old, *from_new) << parameters;
  }
}

TEST(ModelConfig, ReadsLlama3Scaling) {
  json config = llama();
  config["rope_scaling"] = llama3Scaling("rope_type");
  const auto read_config = read(config);
  ASSERT_TRUE(read_config) << read_config.error().message;
  EXPECT_EQ(read_config->rope_scaling, (RopeScaling{RopeType::llama3, 8, 1, 4, 128}));
  EXPECT_EQ(read_config->shape.rope_type, "llama3");
}

TEST(ModelConfig, FillsInWhatTheFamilyLeavesOut) {
  json config = llama();
  for (const char* key : {"num_key_value_heads", "rope_theta", "eos_token_id", "bos_token_id",
                          "hidden_act", "torch_dtype"}) {
    config.erase(key);
  }
  config["head_dim"] = nullptr;
  const auto read_config = read(config);
  ASSERT_TRUE(read_config) << read_config.error().message;
  EXPECT_EQ(read_config->shape.num_kv_heads, 4);
  EXPECT_EQ(read_config->shape.rope_theta, 10'000);
  EXPECT_THAT(read_config->eos_token_ids, IsEmpty());
  EXPECT_EQ(read_config->bos_token_id, std::nullopt);
}

TEST(ModelConfig, ReadsFlagsAndAnExplicitHeadDim) {
  json config = llama();
  config.update({{"head_dim", 32},
                 {"tie_word_embeddings", true},
                 {"attention_bias", true},
                 {"mlp_bias", true},
                 {"eos_token_id", {2, 7, 9}},
                 {"something_new", {{"x", 1}}}});
  const auto read_config = read(config);
  ASSERT_TRUE(read_config) << read_config.error().message;
  EXPECT_EQ(read_config->shape.head_dim, 32);
  EXPECT_TRUE(read_config->shape.tie_word_embeddings);
  EXPECT_TRUE(read_config->query_key_value_bias && read_config->output_bias &&
              read_config->mlp_bias);
  EXPECT_THAT(read_config->eos_token_ids, ElementsAre(2, 7, 9));
}

TEST(ModelConfig, TakesTheEndTokensOfGenerationConfig) {
  const TestFolder folder;
  folder.write("config.json", llama().dump());
  folder.write("generation_config.json", R"({"eos_token_id":[5,6],"temperature":0.6})");
  EXPECT_THAT(readModelConfig(folder.path())->eos_token_ids, ElementsAre(5, 6));
  folder.write("generation_config.json", R"({"temperature":0.6})");
  EXPECT_THAT(readModelConfig(folder.path())->eos_token_ids, ElementsAre(2));
  folder.write("generation_config.json", R"({"eos_token_id":320})");
  EXPECT_THAT(readModelConfig(folder.path()).error().message,
              HasSubstr("generation_config.json: eos_token_id is 320, an integer from 0 to 319"));
  folder.write("generation_config.json", "{");
  EXPECT_THAT(readModelConfig(folder.path()).error().message,
              HasSubstr("generation_config.json: no JSON"));
}

TEST(ModelConfig, NamesEachMissingKey) {
  for (const char* key :
       {"model_type", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "vocab_size", "max_position_embeddings", "rms_norm_eps"}) {
    json config = llama();
    config.erase(key);
    EXPECT_EQ(refusalOfText(config.dump()), std::string(key) + " is missing");
  }
}

TEST(ModelConfig, NamesIntegersThatAreNoneOrOutOfRange) {
  for (const char* key :
       {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "vocab_size", "max_position_embeddings"}) {
    for (const json& value :
         {json(0), json(-8), json(1'000'000'000'000), json(1e12), json(8.5), json("8"), json(true),
          json::array({8}), json::object(), json(18446744073709551615u)}) {
      EXPECT_THAT(refusalWith(key, value), HasSubstr(std::string(key) + " is ")) << value;
      EXPECT_THAT(refusalWith(key, value), HasSubstr(", an integer from ")) << value;
    }
  }
  EXPECT_EQ(refusalWith("num_hidden_layers", 1'000'000'000'000),
            "num_hidden_layers is 1000000000000, an integer from 1 to 10000 is needed");
}

TEST(ModelConfig, NamesOtherValuesOfAWrongType) {
  EXPECT_EQ(refusalWith("tie_word_embeddings", 1),
            "tie_word_embeddings is 1, true or false is needed");
  EXPECT_THAT(refusalWith("attention_bias", "no"), HasSubstr("attention_bias is \"no\""));
  EXPECT_THAT(refusalWith("mlp_bias", json::array()), HasSubstr("mlp_bias is an array"));
  EXPECT_THAT(refusalWith("torch_dtype", 16), HasSubstr("torch_dtype is 16, a string"));
  EXPECT_THAT(refusalWith("rms_norm_eps", 0), HasSubstr("rms_norm_eps is 0, a number from"));
  EXPECT_THAT(refusalWith("rms_norm_eps", "1e-5"), HasSubstr("rms_norm_eps is \"1e-5\""));
  EXPECT_THAT(refusalWith("eos_token_id", 320), HasSubstr("eos_token_id is 320"));
  EXPECT_THAT(refusalWith("eos_token_id", {1, -1}), HasSubstr("eos_token_id is -1"));
  EXPECT_THAT(refusalWith("eos_token_id", std::vector<int>(2000)),
              HasSubstr("eos_token_id lists 2000"));
  EXPECT_THAT(refusalWith("bos_token_id", {1}), HasSubstr("bos_token_id is an array"));
}

TEST(ModelConfig, NamesValuesThatDoNotFitEachOther) {
  EXPECT_EQ(refusalWith("hidden_size", 66),
            "hidden_size 66 is no multiple of num_attention_heads 4");
  EXPECT_EQ(refusalWith("num_key_value_heads", 3),
            "num_attention_heads 4 is no multiple of num_key_value_heads 3");
  EXPECT_EQ(refusalWith("head_dim", 15), "head_dim is 15, RoPE needs an even one of at least 2");
  EXPECT_EQ(refusalWith("hidden_size", 4), "head_dim is 1, RoPE needs an even one of at least 2");
}

TEST(ModelConfig, NamesWhatIsNotSupported) {
  const std::string are = " is not supported; deepseek_v2, llama, mistral, qwen2 and qwen3 are";
  EXPECT_EQ(refusalWith("model_type", "qwen2_moe"), "model_type qwen2_moe" + are);
  EXPECT_EQ(refusalWith("model_type", "\x1b[2J"), "model_type \\x1b[2J" + are);
  EXPECT_EQ(refusalWith("hidden_act", "gelu"), "hidden_act gelu is not supported; silu is");
  EXPECT_THAT(refusalWith("quantization_config", {{"bits", 4}}), HasSubstr("quantised weights"));
  for (const char* type : {"dynamic", "mrope", "longrope", "something"}) {
    const std::string said = std::string("rope_type ") + type + " is not supported";
    EXPECT_THAT(refusalWith("rope_scaling", {{"type", type}, {"factor", 2}}), HasSubstr(said));
    EXPECT_THAT(refusalWith("rope_parameters", {{"rope_type", type}}), HasSubstr(said));
  }
  EXPECT_THAT(refusalWith("partial_rotary_factor", 0.5), HasSubstr("partial_rotary_factor is 0.5"));
}

TEST(ModelConfig, NamesRopeNumbersThatMakeNoSense) {
  for (const json& theta : {json(0), json(-1), json(1e300), json("10000")}) {
    EXPECT_THAT(refusalWith("rope_theta", theta), HasSubstr("rope_theta is ")) << theta;
    EXPECT_THAT(refusalWith("rope_parameters", {{"rope_theta", theta}}),
                HasSubstr("rope_parameters: rope_theta is "));
  }
  EXPECT_THAT(refusalWith("rope_scaling", "linear"),
              HasSubstr("rope_scaling is \"linear\", an object"));
  EXPECT_EQ(refusalWith("rope_scaling", {{"type", "linear"}}), "rope_scaling: factor is missing");
  EXPECT_THAT(refusalWith("rope_scaling", {{"type", "linear"}, {"factor", 0}}),
              HasSubstr("factor is 0"));
  for (const char* key :
       {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}) {
    json scaling = llama3Scaling("rope_type");
    scaling[key] = -1;
    EXPECT_THAT(refusalWith("rope_scaling", scaling), HasSubstr(std::string(key) + " is -1"));
    scaling.erase(key);
    EXPECT_EQ(refusalWith("rope_scaling", scaling),
              "rope_scaling: " + std::string(key) + " is missing");
  }
  json scaling = llama3Scaling("rope_type");
  scaling["low_freq_factor"] = 4.0;
  EXPECT_THAT(refusalWith("rope_scaling", scaling), HasSubstr("must be above low_freq_factor 4"));
}

TEST(ModelConfig, RefusesSpellingsThatContradictEachOther) {
  EXPECT_THAT(refusalWith("rope_parameters", {{"rope_theta", 10000}}),
              HasSubstr("rope_theta is 500000 and 10000"));
  EXPECT_THAT(
      refusalWith("rope_scaling", {{"type", "linear"}, {"rope_type", "llama3"}, {"factor", 2}}),
      HasSubstr("rope_type is llama3 and type is linear"));
  json config = llama();
  config["rope_parameters"] = {{"rope_type", "default"}};
  config["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
  EXPECT_THAT(refusalOfText(config.dump()), HasSubstr("contradict each other"));
}

TEST(ModelConfig, RefusesTextThatIsNoPlainJsonObject) {
  EXPECT_THAT(refusalOfText(""), HasSubstr("no JSON"));
  EXPECT_THAT(refusalOfText("[]"), HasSubstr("the top is array"));
  EXPECT_THAT(refusalOfText("5"), HasSubstr("the top is number"));
  EXPECT_THAT(refusalOfText("{} // done"), HasSubstr("no JSON"));
  EXPECT_THAT(refusalOfText("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
  EXPECT_THAT(refusalOfText(std::string_view("{\0}\0", 4)), HasSubstr("NUL byte"));
  EXPECT_THAT(refusalOfText("{\"a\":\"\xFF\"}"), HasSubstr("no JSON"));
  EXPECT_THAT(refusalOfText(R"({"a":NaN})"), HasSubstr("no JSON"));
  EXPECT_THAT(refusalOfText(R"({"rope_theta":1e999})"), HasSubstr("1e999 is too large"));
  EXPECT_THAT(refusalOfText(R"({"a":1,"a":1})"), HasSubstr("the key a stands twice"));
  EXPECT_THAT(refusalOfText(R"({"a":)" + std::string(1'000'000, '[')), HasSubstr("nested deeper"));
  EXPECT_THAT(refusalOfText(R"({"a":[)" + std::string(1'000'000, ' ') + "0" +
                            [] {
                              std::string zeros;
                              for (int i = 0; i < 300'000; ++i) zeros += ",0";
                              return zeros;
                            }() +
                            "]}"),
              HasSubstr("more than 200000 values"));
  EXPECT_THAT(refusalOfText(std::string(5'000'000, ' ')), HasSubstr("5000000 bytes, at most"));
}

TEST(ModelConfig, RefusesAFolderWithoutOne) {
  const TestFolder folder;
  EXPECT_THAT(readModelConfig(folder.path()).error().message,
              HasSubstr("config.json: No such file"));
  EXPECT_THAT(readModelConfig(folder / "no").error().message, HasSubstr("/no: No such file"));
}

TEST(ModelConfig, NamesTheModelByItsFolderOrItsCacheRepository) {
  EXPECT_EQ(modelName("/m/tiny"), "tiny");
  EXPECT_EQ(modelName("/m/tiny/"), "tiny");
  EXPECT_EQ(modelName("/m/tiny/."), "tiny");
  EXPECT_EQ(modelName("/hub/models--org--Some-Model/snapshots/77ab"), "Some-Model");
  EXPECT_EQ(modelName("/hub/snapshots/77ab"), "77ab");
}

TEST(ModelConfig, ReadsTheDemoModel) {
  const auto config = readModelConfig(XKV_SOURCE_DIR "/resources/demo-model");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shape.name, "demo-model");
  EXPECT_EQ(config->shape.kvDim(), 64);
  EXPECT_TRUE(config->shape.tie_word_embeddings);
}

}  // namespace
}  // namespace xkv
