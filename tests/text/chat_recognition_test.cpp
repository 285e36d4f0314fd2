// SPDX-License-Identifier: Apache-2.0
/// Which template a folder is given: by its Jinja text, else by tokens and model_type.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/text/chat_template.h"
#include "tests/text/model_folder.h"

namespace xkv {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

std::string nameFor(const std::string& folder) {
  const auto found = chatTemplateOf(folder);
  EXPECT_TRUE(found) << found.error().message;
  return found ? std::string(found->chat_template->name) : "";
}

/// The template for the tokenizer of tests/text/data with a config.json beside it.
std::string nameWith(const std::string& tokenizer, const Json& config) {
  const WrittenFolder folder;
  std::filesystem::copy_file(XKV_SOURCE_DIR "/tests/text/data/" + tokenizer + "/tokenizer.json",
                             folder.file("tokenizer.json"));
  if (!config.is_null()) folder.write("config.json", config.dump());
  return nameFor(folder.path());
}

std::string nameForJinja(const std::string& jinja) {
  const WrittenFolder folder;
  folder.write("tokenizer_config.json", Json{{"chat_template", jinja}}.dump());
  return nameFor(folder.path());
}

TEST(ChatRecognitionTest, ByTokensAndModelType) {
  const auto config = [](const char* type) { return Json{{"model_type", type}}; };
  EXPECT_EQ(nameWith("llama3", config("llama")), "llama3.1");
  EXPECT_EQ(nameWith("qwen2", config("qwen2")), "qwen2.5");
  EXPECT_EQ(nameWith("qwen2", config("qwen3")), "qwen3");
  EXPECT_EQ(nameWith("deepseek2", config("deepseek_v2")), "deepseek-v2");
  EXPECT_EQ(nameWith("llama2", config("llama")), "llama2");
  EXPECT_EQ(nameWith("mistral_metaspace", config("mistral")), "mistral-v0.3");
  EXPECT_EQ(nameWith("mistral_nemo", config("mistral")), "mistral-nemo");
  EXPECT_EQ(nameWith("llama2", {{"model_type", "mistral"}, {"sliding_window", 4096}}),
            "mistral-v0.1");
  EXPECT_EQ(nameWith("llama2", {{"model_type", "mistral"}, {"sliding_window", nullptr}}),
            "mistral-v0.2");
}

TEST(ChatRecognitionTest, WithoutAModelTypeTheTokensDecide) {
  EXPECT_EQ(nameWith("llama3", nullptr), "llama3.1");
  EXPECT_EQ(nameWith("deepseek2", nullptr), "deepseek-v2");
  EXPECT_EQ(nameWith("mistral_nemo", nullptr), "mistral-nemo");
}

TEST(ChatRecognitionTest, AFamilyWithoutATemplateIsRaw) {
  for (const char* tokenizer : {"gpt2", "wordlevel", "flags", "flags_sp"})
    EXPECT_EQ(nameWith(tokenizer, nullptr), "raw") << tokenizer;
  EXPECT_EQ(nameWith("deepseek2", {{"model_type", "deepseek_v3"}}), "raw");
  EXPECT_EQ(nameWith("llama3", {{"model_type", "mistral"}}), "raw");
  const auto found = chatTemplateOf(XKV_SOURCE_DIR "/resources/demo-model");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->chat_template->isRaw());
  EXPECT_THAT(found->reason, HasSubstr("no built-in template"));
}

TEST(ChatRecognitionTest, TheFoldersOwnTemplateGoesFirst) {
  EXPECT_EQ(nameForJinja("{{ '[INST] ' + content.strip() + ' [/INST]' }} <<SYS>>"), "llama2");
  EXPECT_EQ(nameForJinja("<|im_start|> You are Qwen, created by Alibaba Cloud. You are a helpful "
                         "assistant."),
            "qwen2.5");
  EXPECT_EQ(
      nameForJinja("'[INST] ' + message['content'] + ' [/INST]' message['content'] + eos_token"),
      "mistral-v0.1");
  EXPECT_EQ(nameForJinja("'User: ' + message['content'] + '\\n\\n' "
                         "'Assistant: ' + message['content'] + eos_token"),
            "deepseek-v2");
}

TEST(ChatRecognitionTest, ATemplateThatOnlyLooksAlikeIsRaw) {
  EXPECT_EQ(nameForJinja("<|im_start|> {{ message['content'] }} <|im_end|>"), "raw");
  EXPECT_EQ(nameForJinja("<|start_header_id|> {{ message['content'] | trim }} <|eot_id|>"), "raw");
  EXPECT_EQ(nameForJinja("'[INST] ' + message['content'] + ' [/INST]' "
                         "message['content'] + eos_token + ' '"),
            "raw");
  const WrittenFolder folder;  // without its own template the tokens would say llama3.1
  std::filesystem::copy_file(XKV_SOURCE_DIR "/tests/text/data/llama3/tokenizer.json",
                             folder.file("tokenizer.json"));
  folder.write("chat_template.jinja", "{{ messages }}");
  EXPECT_EQ(nameFor(folder.path()), "raw");
}

TEST(ChatRecognitionTest, OneOfSeveralNamedTemplatesIsTheDefault) {
  const WrittenFolder folder;
  const Json named = {{{"name", "tool_use"}, {"template", "x"}},
                      {{"name", "default"},
                       {"template", "<|im_start|> enable_thinking is false ns.last_query_index"}}};
  folder.write("tokenizer_config.json", Json{{"chat_template", named}}.dump());
  EXPECT_EQ(nameFor(folder.path()), "qwen3");
}

TEST(ChatRecognitionTest, BrokenFoldersAreRefused) {
  const auto sentence = [](const WrittenFolder& folder) {
    const auto found = chatTemplateOf(folder.path());
    EXPECT_FALSE(found);
    return found ? std::string() : found.error().message;
  };
  const WrittenFolder folder;
  EXPECT_THAT(sentence(folder), HasSubstr("tokenizer.json: cannot be opened"));
  folder.write("tokenizer.json", R"({"added_tokens": [{"content": 5}]})");
  EXPECT_THAT(sentence(folder), HasSubstr("added_tokens[0].content is 5"));
  folder.write("tokenizer.json", R"({"added_tokens": []})");
  folder.write("config.json", R"({"model_type": []})");
  EXPECT_THAT(sentence(folder), HasSubstr("model_type is an array"));
  folder.write("tokenizer_config.json", R"({"chat_template": {}})");
  EXPECT_THAT(sentence(folder), HasSubstr("chat_template is an object"));
  folder.write("chat_template.jinja", "\xFF");
  EXPECT_THAT(sentence(folder), HasSubstr("chat_template.jinja: is not UTF-8"));
}

}  // namespace
}  // namespace xkv
