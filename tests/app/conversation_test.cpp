// SPDX-License-Identifier: Apache-2.0
/// A conversation turn by turn against what each family's own template writes of the whole of it.
#include "app/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "profiling/records/chat_names.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;

constexpr const char* kData = XKV_SOURCE_DIR "/tests/text/data/chat/";

RunSpec specOf(std::string chat_template, std::string prompt, std::vector<std::string> turns) {
  RunSpec spec;
  spec.chat_template = std::move(chat_template);
  spec.prompt = std::move(prompt);
  spec.turns = std::move(turns);
  return spec;
}

/// user, assistant, user, ... up to where the next answer begins.
bool isConversation(const nlohmann::json& one) {
  const auto& messages = one["messages"];
  bool alternates = messages.size() >= 3 && messages.size() % 2 == 1;
  for (size_t i = 0; alternates && i < messages.size(); ++i)
    alternates = messages[i]["role"] == (i % 2 == 0 ? "user" : "assistant");
  return alternates && one.contains("rendered") && one["add_generation_prompt"] == true;
}

class ConversationGoldenTest : public testing::TestWithParam<const char*> {};

/// The template's text of the whole conversation is the prompt, each answer as the template keeps
/// it, and the turns between them.
TEST_P(ConversationGoldenTest, TurnsAreWhatTheWholeConversationHas) {
  const auto data = nlohmann::json::parse(std::ifstream(kData + std::string(GetParam()) + ".json"));
  int conversations = 0;
  for (const auto& one : data["cases"]) {
    if (!isConversation(one)) continue;
    ++conversations;
    RunSpec spec = specOf(GetParam(), one["messages"][0]["content"], {});
    for (size_t i = 2; i < one["messages"].size(); i += 2)
      spec.turns.push_back(one["messages"][i]["content"]);
    const auto& options = one["template_kwargs"];
    if (options.contains("date_string")) spec.date_string = options["date_string"];
    if (options.contains("enable_thinking")) spec.enable_thinking = options["enable_thinking"];
    const auto conversation = Conversation::of(spec);
    ASSERT_TRUE(conversation) << conversation.error().message;
    const auto whole = one["rendered"].get<std::string>();
    const auto prompt = conversation->promptText();
    ASSERT_TRUE(prompt) << prompt.error().message;
    ASSERT_TRUE(whole.starts_with(*prompt)) << one["name"] << ": " << *prompt;
    size_t at = prompt->size();
    for (size_t turn = 0; turn < spec.turns.size(); ++turn) {
      const auto text = conversation->turnText(turn);
      ASSERT_TRUE(text) << text.error().message;
      EXPECT_THAT(*text, HasSubstr(spec.turns[turn].substr(0, 1)));
      const size_t found = whole.find(*text, at);
      ASSERT_NE(found, std::string::npos) << one["name"] << ": " << *text << "\nof " << whole;
      at = found + text->size();
    }
    EXPECT_EQ(at, whole.size()) << one["name"] << ": nothing stands behind the last turn";
  }
  EXPECT_GT(conversations, 0);
}

INSTANTIATE_TEST_SUITE_P(Families, ConversationGoldenTest,
                         testing::Values("deepseek-coder-v2", "deepseek-v2", "llama2", "llama3.1",
                                         "mistral-nemo", "mistral-v0.1", "mistral-v0.2",
                                         "mistral-v0.3", "qwen2.5", "qwen3"));

TEST(ConversationTest, NoTurnThinksWhereThinkingIsOff) {
  RunSpec spec = specOf("qwen3", "Hi", {"and ?", "and then ?"});
  spec.enable_thinking = false;
  const auto conversation = Conversation::of(spec);
  ASSERT_TRUE(conversation) << conversation.error().message;
  const auto prompt = conversation->promptText();
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_TRUE(prompt->ends_with("<think>\n\n</think>\n\n")) << *prompt;
  for (const size_t turn : {0U, 1U})
    EXPECT_TRUE(conversation->turnText(turn)->ends_with("<think>\n\n</think>\n\n"));
  EXPECT_TRUE(conversation->notices().empty());
}

TEST(ConversationTest, AnOptionThatTheTemplateDoesNotUseIsSaid) {
  RunSpec spec = specOf("llama3.1", "Hi", {});
  spec.enable_thinking = false;
  spec.date_string = "25 Nov 2026";
  const auto conversation = Conversation::of(spec);
  ASSERT_TRUE(conversation) << conversation.error().message;
  EXPECT_THAT(conversation->promptText().value(), HasSubstr("Today Date: 25 Nov 2026"));
  EXPECT_THAT(conversation->notices(),
              testing::ElementsAre("enable_thinking has no effect: the template llama3.1 does not "
                                   "use it"));
}

TEST(ConversationTest, RawIsAsItStands) {
  for (const char* name : {"", "raw"}) {
    const auto conversation = Conversation::of(specOf(name, "Hi", {"and ?"}));
    ASSERT_TRUE(conversation);
    EXPECT_EQ(conversation->templateName(), "");
    EXPECT_EQ(conversation->promptText(), "Hi");
    EXPECT_EQ(conversation->turnText(0), "and ?");
    EXPECT_TRUE(conversation->notices().empty());
  }
}

TEST(ConversationTest, TextsThatLookLikeAnAnswerAreNoAnswer) {
  const auto conversation =
      Conversation::of(specOf("qwen3", "answer1 answer01", {"answer1", "answer"}));
  ASSERT_TRUE(conversation);
  EXPECT_EQ(conversation->turnText(1),
            "<|im_end|>\n<|im_start|>user\nanswer<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ConversationTest, AnUnknownTemplateIsNamed) {
  const auto conversation = Conversation::of(specOf("qwen4", "Hi", {}));
  ASSERT_FALSE(conversation);
  EXPECT_EQ(conversation.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(conversation.error().message, HasSubstr("qwen4"));
  EXPECT_THAT(conversation.error().message, HasSubstr("auto, llama2"));
}

TEST(ConversationTest, NamesThatAreOfferedAreTheEnginesOwn) {
  std::vector<std::string_view> names;
  for (const ChatTemplate& one : chatTemplates())
    if (!one.isRaw()) names.push_back(one.name);
  EXPECT_THAT(names, ::testing::ElementsAreArray(kChatTemplates));
}

TEST(ConversationTest, AutoIsTheFoldersOwn) {
  RunSpec spec = specOf("auto", "Hi", {});
  spec.model_dir = XKV_SOURCE_DIR "/resources/demo-model";
  const auto conversation = Conversation::of(spec);
  ASSERT_TRUE(conversation) << conversation.error().message;
  EXPECT_EQ(conversation->templateName(), "") << "the demo model was trained on plain text";
  EXPECT_THAT(conversation->notices(), testing::ElementsAre(HasSubstr("raw")));
  spec.model_dir = "/nowhere";
  EXPECT_FALSE(Conversation::of(spec));
}

TEST(BehindAnswerTest, AnEndIsNotFedTwice) {
  const auto blank = [](int64_t id) { return id == 5; };
  const std::vector<int64_t> turn = {5, 2, 7, 2};
  EXPECT_EQ(behindAnswer(turn, 2, blank), (std::vector<int64_t>{7, 2}));
  EXPECT_EQ(behindAnswer(turn, 9, blank), turn) << "the answer was cut";
  EXPECT_EQ(behindAnswer(turn, 7, blank), turn) << "7 is the user's own";
  EXPECT_EQ(behindAnswer({}, 7, blank), std::vector<int64_t>{});
}

}  // namespace
}  // namespace xkv
