// SPDX-License-Identifier: Apache-2.0
/// What the goldens do not say: the sentences of refusals, raw, and messages that are no messages.
#include "engine/text/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

namespace xkv {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string refusalOf(const std::string& json) {
  const auto messages = readChatMessages(json, "chat.json");
  EXPECT_FALSE(messages) << json.substr(0, 100);
  if (messages) return {};
  EXPECT_EQ(messages.error().kind, ErrorKind::bad_input);
  EXPECT_LT(messages.error().message.size(), 300u);
  return messages.error().message;
}

std::string refusalBy(std::string_view name, const ChatMessages& messages) {
  const auto text = chatTemplateNamed(name)->render(messages, {});
  EXPECT_FALSE(text) << *text;
  return text ? "" : text.error().message;
}

TEST(ChatTemplateTest, RefusalsNameTheTemplateTheMessageAndWhatIsNeeded) {
  const ChatMessage system{.role = "system", .content = "Be brief."};
  const ChatMessage user{.role = "user", .content = "Hi"};
  const ChatMessage critic{.role = "critic\x1b[31m", .content = "Boo"};
  const ChatMessage tool{.role = "tool", .content = "{}", .tool_call_id = "äöü"};
  EXPECT_EQ(refusalBy("llama2", {system, user, user}),
            "llama2: messages[2] has the role 'user', assistant is needed: the roles alternate");
  EXPECT_EQ(refusalBy("mistral-v0.1", {system}),
            "mistral-v0.1: messages[0] has the role 'system', user is needed: the roles alternate");
  EXPECT_EQ(refusalBy("mistral-v0.2", {system, user, critic}),
            "mistral-v0.2: messages[2] has the role 'critic\\x1B[31m', assistant is needed: the "
            "roles alternate");
  EXPECT_EQ(refusalBy("mistral-nemo", {user, tool}),
            "mistral-nemo: messages[1] has a tool_call_id of 3 characters, 9 are needed");
  const auto dated = chatTemplateNamed("llama3.1")->render({user}, {.date_string = "\xFF"});
  ASSERT_FALSE(dated);
  EXPECT_EQ(dated.error().message, "llama3.1: the date string '\\u{FFFD}' is not UTF-8");
  EXPECT_EQ(refusalBy("qwen3", {}), "qwen3: there are 0 messages, at least 1 is needed");
}

TEST(ChatTemplateTest, RawIsTheContentsAlone) {
  const ChatTemplate& raw = *chatTemplateNamed("raw");
  EXPECT_TRUE(raw.isRaw());
  EXPECT_EQ(*raw.render({{.role = "user", .content = " Hi \n"}}, {.add_generation_prompt = true}),
            " Hi \n");
  EXPECT_EQ(*raw.render({{.role = "user", .content = "a"}, {.role = "x", .content = "b"}}, {}),
            "a\nb");
  EXPECT_EQ(*raw.render({}, {}), "");
}

TEST(ChatTemplateTest, NamesAreKnownAndOthersAreNot) {
  EXPECT_EQ(chatTemplates().size(), 11u);
  for (const ChatTemplate& one : chatTemplates()) EXPECT_EQ(chatTemplateNamed(one.name), &one);
  for (const char* name : {"", "Qwen3", "qwen3 ", "auto"})
    EXPECT_EQ(chatTemplateNamed(name), nullptr);
  EXPECT_THAT(chatTemplateNames(), AllOf(StartsWith("llama2, llama3.1, "), HasSubstr(", raw")));
}

TEST(ChatMessagesTest, WhatIsNoConversationIsRefusedWithItsPlace) {
  EXPECT_EQ(refusalOf(R"([{"role": "user", "content": "a"}, {"role": "user"}])"),
            "chat.json: messages[1].content is missing, a string is needed");
  EXPECT_EQ(refusalOf(R"([{"role": 5, "content": "a"}])"),
            "chat.json: messages[0].role is 5, a string is needed");
  EXPECT_EQ(refusalOf(R"([{"role": "user", "content": ["a"]}])"),
            "chat.json: messages[0].content is an array, a string is needed");
  EXPECT_THAT(refusalOf(R"([{"content": "a"}])"), HasSubstr("messages[0].role is missing"));
  EXPECT_THAT(refusalOf(R"([{"role": "user", "content": null}])"), HasSubstr("content is missing"));
  EXPECT_THAT(refusalOf(R"({"role": "user", "content": "a"})"), HasSubstr("an array is needed"));
  EXPECT_THAT(refusalOf(R"(["Hi"])"), HasSubstr("messages[0] is \"Hi\", an object with role"));
  EXPECT_THAT(refusalOf(R"([{"role": "assistant", "content": "", "tool_calls": [{}]}])"),
              HasSubstr("tool calls are not supported"));
  EXPECT_THAT(refusalOf(R"([{"role": "assistant", "content": "", "reasoning_content": 1}])"),
              HasSubstr("reasoning_content is 1"));
}

TEST(ChatMessagesTest, WhatIsNoJsonIsRefused) {
  EXPECT_THAT(refusalOf(""), HasSubstr("chat.json: is empty"));
  EXPECT_THAT(refusalOf("hello"), HasSubstr("is not JSON at byte"));
  EXPECT_THAT(refusalOf("[{\"role\": \"user\", \"content\": \"\xFF\"}]"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusalOf("[{\"role\": \"user\", \"content\": \"\\ud800\"}]"), HasSubstr("not JSON"));
  EXPECT_THAT(refusalOf(std::string(10'000'000, '[')), HasSubstr("deeper than 64"));
  std::string many = "[0";
  for (int i = 0; i < 100'000; ++i) many += ",0";
  EXPECT_THAT(refusalOf(many + "]"), HasSubstr("has 100001 elements"));
}

TEST(ChatMessagesTest, OtherKeysAndNullsAreLeftAlone) {
  const auto messages = readChatMessages(
      R"([{"role": "user", "content": "a\u0000b", "name": 5, "tool_calls": null,
           "reasoning_content": null}])",
      "chat.json");
  ASSERT_TRUE(messages) << messages.error().message;
  EXPECT_EQ(messages->at(0).content, std::string("a\0b", 3));
  EXPECT_EQ(messages->at(0).reasoning_content, std::nullopt);
}

/// XKV_FUZZ_ROUNDS=100000 makes it a long hunt.
int rounds() {
  const char* wanted = std::getenv("XKV_FUZZ_ROUNDS");
  return wanted == nullptr ? 2000 : std::atoi(wanted);
}

TEST(ChatMessagesTest, MutatedMessagesAreRefusedOrWritten) {
  const std::string whole =
      R"([{"role":"system","content":"é"},{"role":"user","content":"<think>\n\u00e9"},)"
      R"({"role":"assistant","content":"</think>","reasoning_content":"x"},)"
      R"({"role":"tool","content":"{}","tool_call_id":"123456789"}])";
  const std::string bytes = "{}[]\",:0-9e\\ntu\xFF";
  std::mt19937 random(20240726);
  int num_written = 0;
  for (int round = 0; round < rounds(); ++round) {
    std::string json = whole;
    for (std::size_t n = random() % 4; n > 0; --n) {
      const std::size_t at = random() % json.size();
      if (random() % 3 == 0) {
        json.erase(at, 1 + random() % 12);
      } else {
        json[at] = bytes[random() % bytes.size()];
      }
    }
    const auto messages = readChatMessages(json, "chat.json");
    if (!messages) {
      EXPECT_THAT(messages.error().message, StartsWith("chat.json: "));
      continue;
    }
    for (const ChatTemplate& one : chatTemplates()) {
      const auto text = one.render(*messages, {.add_generation_prompt = true});
      if (!text) continue;
      ++num_written;
      EXPECT_NO_THROW(nlohmann::json(*text).dump()) << "is no UTF-8";
    }
  }
  EXPECT_GT(num_written, 100);
}

}  // namespace
}  // namespace xkv
