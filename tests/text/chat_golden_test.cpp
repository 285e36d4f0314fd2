// SPDX-License-Identifier: Apache-2.0
/// Prompts, and their ids, against what each family's own Jinja text gave for the same messages.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"

namespace xkv {
namespace {

constexpr const char* kData = XKV_SOURCE_DIR "/tests/text/data/";

class ChatGoldenTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    data_ =
        nlohmann::json::parse(std::ifstream(kData + ("chat/" + std::string(GetParam())) + ".json"));
    ASSERT_GT(data_["cases"].size(), 25u);
    template_ = chatTemplateNamed(GetParam());
    ASSERT_NE(template_, nullptr);
  }

  Result<std::string> rendered(const nlohmann::json& one) const {
    const auto messages = readChatMessages(one["messages"].dump(), "chat.json");
    if (!messages) return Failure(messages.error());
    ChatOptions options;
    options.add_generation_prompt = one["add_generation_prompt"];
    const auto& arguments = one["template_kwargs"];
    options.date_string = arguments.value("date_string", options.date_string);
    options.enable_thinking = arguments.value("enable_thinking", options.enable_thinking);
    return template_->render(*messages, options);
  }

  nlohmann::json data_;
  const ChatTemplate* template_ = nullptr;
};

TEST_P(ChatGoldenTest, WritesEachPromptOrRefusesIt) {
  for (const auto& one : data_["cases"]) {
    const auto text = rendered(one);
    EXPECT_EQ(text.has_value(), one.contains("rendered")) << one["name"];
    if (text && one.contains("rendered")) {
      EXPECT_EQ(*text, one["rendered"].get<std::string>()) << one["name"];
    }
    if (!text) {
      EXPECT_EQ(text.error().kind, ErrorKind::bad_input);
      EXPECT_TRUE(text.error().message.starts_with(template_->name)) << text.error().message;
    }
  }
}

TEST_P(ChatGoldenTest, PromptsHaveTheSameIds) {
  const auto tokenizer = Tokenizer::open(kData + data_["tokenizer_for_ids"].get<std::string>());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  for (const auto& one : data_["cases"]) {
    if (!one.contains("ids")) continue;
    const auto ids = tokenizer->encode(one["rendered"].get<std::string>(), false);
    ASSERT_TRUE(ids) << ids.error().message;
    EXPECT_EQ(*ids, one["ids"].get<std::vector<int64_t>>()) << one["name"];
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ChatGoldenTest,
                         testing::Values("deepseek-coder-v2", "deepseek-v2", "llama2", "llama3.1",
                                         "mistral-nemo", "mistral-v0.1", "mistral-v0.2",
                                         "mistral-v0.3", "qwen2.5", "qwen3"));

}  // namespace
}  // namespace xkv
