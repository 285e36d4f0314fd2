// SPDX-License-Identifier: Apache-2.0
/// Conversations in which much is unusual: white space of all kinds, roles in any order, answers of
/// tools, thinking. The texts are the families' own.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/text/chat_template.h"

namespace xkv {
namespace {

using Json = nlohmann::json;

ChatOptions optionsOf(const Json& one) {
  ChatOptions options;
  options.add_generation_prompt = one["add_generation_prompt"];
  const Json& arguments = one["template_kwargs"];
  options.date_string = arguments.value("date_string", options.date_string);
  options.enable_thinking = arguments.value("enable_thinking", options.enable_thinking);
  return options;
}

TEST(ChatRandomTest, EachFamilyWritesOrRefusesAsItsOwnTemplateDoes) {
  const Json data = Json::parse(std::ifstream(XKV_SOURCE_DIR "/tests/text/data/chat_random.json"));
  std::map<std::string, int> written, refused;
  for (const Json& one : data["cases"]) {
    const std::string json = one["messages"].dump();
    const auto messages = readChatMessages(json, "chat.json");
    ASSERT_TRUE(messages) << messages.error().message;
    for (const auto& [name, wanted] : one["rendered"].items()) {
      const auto text = chatTemplateNamed(name)->render(*messages, optionsOf(one));
      const Json got = text ? Json(*text) : Json();
      EXPECT_EQ(got, wanted) << name << " of " << json;
      ++(wanted.is_null() ? refused : written)[name];
    }
  }
  EXPECT_EQ(written.size(), 9u);
  for (const auto& [name, count] : written) EXPECT_GT(count, 15) << name;
  EXPECT_GT(refused["llama2"], 20);
}

}  // namespace
}  // namespace xkv
