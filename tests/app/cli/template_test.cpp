// SPDX-License-Identifier: Apache-2.0
/// `xkv template`, and a conversation as the prompt of `xkv run`.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/app/cli/program_under_test.h"

namespace xkv::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kHi = R"([{"role": "user", "content": "Hi"}])";
constexpr const char* kData = XKV_SOURCE_DIR "/tests/text/data/";
constexpr const char* kDemoModel = XKV_SOURCE_DIR "/resources/demo-model";

class Template : public ProgramTest {
 protected:
  int named(const std::string& name, const std::string& messages,
            const std::vector<std::string>& flags = {}) {
    std::vector<std::string> words = {"template", "--template", name, "--messages", messages};
    words.insert(words.end(), flags.begin(), flags.end());
    return xkv(words);
  }
};

TEST_F(Template, WritesExactlyTheText) {
  ASSERT_EQ(named("mistral-v0.2", kHi), 0) << err;
  EXPECT_EQ(out, "<s> [INST] Hi [/INST]");
  EXPECT_EQ(err, "");
  ASSERT_EQ(named("deepseek-v2", kHi, {"--add-generation-prompt"}), 0) << err;
  EXPECT_EQ(out, "<｜begin▁of▁sentence｜>User: Hi\n\nAssistant:");
}

TEST_F(Template, MessagesComeFromAFileOrFromStandardInput) {
  const std::string file = write("chat.json", std::string(kHi) + "\n");
  ASSERT_EQ(named("raw", "@" + file), 0) << err;
  EXPECT_EQ(out, "Hi");
  input = R"([{"role": "user", "content": "from stdin\n"}])";
  ASSERT_EQ(named("raw", "-"), 0) << err;
  EXPECT_EQ(out, "from stdin\n");
}

TEST_F(Template, DateAndThinkingReachTheirFamilies) {
  ASSERT_EQ(named("llama3.1", kHi), 0) << err;
  EXPECT_THAT(out, HasSubstr("Today Date: 26 Jul 2024\n\n"));
  ASSERT_EQ(named("llama3.1", kHi, {"--date-string", "01 Feb 2025"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("Today Date: 01 Feb 2025\n\n"));
  EXPECT_EQ(err, "");
  ASSERT_EQ(named("qwen3", kHi, {"--enable-thinking", "false", "--add-generation-prompt"}), 0);
  EXPECT_EQ(out, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
}

TEST_F(Template, WhatAFamilyDoesNotUseIsSaid) {
  ASSERT_EQ(named("qwen2.5", kHi, {"--date-string", "x", "--enable-thinking=true"}), 0);
  EXPECT_THAT(err, HasSubstr("--date-string has no effect: the template qwen2.5 does not use it"));
  EXPECT_THAT(err, HasSubstr("--enable-thinking has no effect"));
}

TEST_F(Template, AModelsOwnTemplateIsFoundAndNamed) {
  ASSERT_EQ(xkv({"template", "--model", std::string(kData) + "llama3", "--messages", kHi}), 0);
  EXPECT_THAT(out, HasSubstr("<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"));
  EXPECT_THAT(err, HasSubstr("the template llama3.1 is used: by the model's special tokens"));
  ASSERT_EQ(xkv({"template", "--model", kDemoModel, "--messages", kHi}), 0);
  EXPECT_EQ(out, "Hi");
  EXPECT_THAT(err, HasSubstr("the template raw is used: there is no built-in template for"));
}

TEST_F(Template, WrongUseIsExitTwo) {
  EXPECT_EQ(named("qwen4", kHi), 2);
  EXPECT_THAT(err, HasSubstr("--template is 'qwen4', one of llama2, llama3.1, qwen2.5, qwen3, "
                             "mistral-v0.1, mistral-v0.2, mistral-v0.3, mistral-nemo, deepseek-v2, "
                             "deepseek-coder-v2, raw is needed"));
  EXPECT_EQ(named("", kHi), 2);
  EXPECT_EQ(named("auto", kHi), 2);
  EXPECT_EQ(named("qwen3", kHi, {"--enable-thinking", "maybe"}), 2);
  EXPECT_THAT(err, HasSubstr("--enable-thinking is 'maybe', true or false is needed"));
  EXPECT_EQ(named("qwen3", kHi, {"--model", dir}), 2);
  EXPECT_THAT(err, HasSubstr("one of --model and --template is needed"));
  EXPECT_EQ(xkv({"template", "--messages", kHi}), 2);
  EXPECT_EQ(xkv({"template", "--template", "raw"}), 2);
  EXPECT_THAT(err, HasSubstr("--messages is needed"));
}

TEST_F(Template, BadConversationsAreExitSixWithTheirPlace) {
  EXPECT_EQ(named("qwen3", "Hi"), 6);
  EXPECT_THAT(err, HasSubstr("--messages: is not JSON at byte 1"));
  EXPECT_EQ(named("qwen3", "@@chat.json"), 6);
  EXPECT_THAT(err, HasSubstr("--messages: is not JSON at byte 1"));
  EXPECT_EQ(named("qwen3", "@" + path("none.json")), 6);
  EXPECT_THAT(err, HasSubstr("none.json cannot be opened"));
  const std::string file = write("chat.json", "[{\"role\": \"user\", \"content\": \"\xFF\"}]");
  EXPECT_EQ(named("qwen3", "@" + file), 6);
  EXPECT_THAT(err, HasSubstr("chat.json: is not UTF-8"));
  input = R"([{"role": "user"}])";
  EXPECT_EQ(named("qwen3", "-"), 6);
  EXPECT_THAT(err, HasSubstr("standard input: messages[0].content is missing"));
  EXPECT_EQ(named("llama2", R"([{"role": "assistant", "content": "x"}])"), 6);
  EXPECT_THAT(err, HasSubstr("llama2: messages[0] has the role 'assistant', user is needed"));
  EXPECT_EQ(xkv({"template", "--model", dir, "--messages", kHi}), 6);
  EXPECT_THAT(err, HasSubstr("tokenizer.json"));
  EXPECT_EQ(out, "");
}

class ChatRun : public ProgramTest {};

TEST_F(ChatRun, TheTemplatesTextIsThePromptWithOneBos) {
  const std::string file = write("three-turns.json", kHi);
  ASSERT_EQ(xkv({"run", "--model", std::string(kData) + "llama3", "--messages", "@" + file}), 0)
      << err;
  EXPECT_THAT(err, HasSubstr("the template llama3.1 is used"));
  EXPECT_EQ(spec_seen.prompt_name, "three-turns (llama3.1)");
  EXPECT_TRUE(spec_seen.prompt.starts_with("<|begin_of_text|><|start_header_id|>system"));
  EXPECT_TRUE(spec_seen.prompt.ends_with("<|start_header_id|>assistant<|end_header_id|>\n\n"));
  ASSERT_GT(spec_seen.prompt_ids.size(), 20u);
  const int64_t bos = spec_seen.prompt_ids[0];
  EXPECT_EQ(std::ranges::count(spec_seen.prompt_ids, bos), 1);
}

TEST_F(ChatRun, RawTextGetsTheModelsOwnBos) {
  const std::string model = std::string(kData) + "llama3";
  ASSERT_EQ(xkv({"run", "--model", model, "--messages", kHi, "--template", "llama3.1"}), 0) << err;
  EXPECT_EQ(err.find("is used"), std::string::npos) << "the user has named it";
  EXPECT_EQ(spec_seen.prompt_name, "chat (llama3.1)");
  EXPECT_EQ(spec_seen.chat_template, "llama3.1") << "turns go through it too";
  const int64_t bos = spec_seen.prompt_ids[0];
  ASSERT_EQ(xkv({"run", "--model", model, "--messages", kHi, "--template", "raw"}), 0) << err;
  EXPECT_EQ(spec_seen.prompt, "Hi");
  EXPECT_EQ(spec_seen.prompt_ids[0], bos);
  EXPECT_EQ(spec_seen.chat_template, "");
}

TEST_F(ChatRun, APromptMayBeWhatAUserSays) {
  const std::string model = std::string(kData) + "llama3";
  ASSERT_EQ(
      xkv({"run", "--model", model, "--prompt", "Hi", "--template", "auto", "--turn", "And?"}), 0)
      << err;
  EXPECT_EQ(spec_seen.prompt, "Hi");
  EXPECT_TRUE(spec_seen.prompt_ids.empty()) << "the run puts it through the template";
  EXPECT_EQ(spec_seen.chat_template, "auto");
  EXPECT_EQ(spec_seen.turns, std::vector<std::string>{"And?"});
}

TEST_F(ChatRun, DateAndThinkingReachTheLaterTurns) {
  const std::string model = std::string(kData) + "llama3";
  ASSERT_EQ(xkv({"run", "--model", model, "--messages", kHi, "--template", "llama3.1",
                 "--date-string", "25 Nov 2026", "--enable-thinking", "false"}),
            0)
      << err;
  EXPECT_EQ(spec_seen.date_string, "25 Nov 2026");
  EXPECT_EQ(spec_seen.enable_thinking, std::nullopt) << "llama3.1 does not use it";
  ASSERT_EQ(xkv({"run", "--model", model, "--prompt", "Hi", "--template", "qwen3",
                 "--enable-thinking", "false"}),
            0)
      << err;
  EXPECT_EQ(spec_seen.enable_thinking, false);
  EXPECT_EQ(xkv({"run", "--model", model, "--prompt", "Hi", "--date-string", "today"}), 2);
  EXPECT_THAT(err, HasSubstr("--date-string and --enable-thinking need --messages or --template"));
}

TEST_F(ChatRun, CaptureTakesAConversationToo) {
  CaptureJob seen;
  services.capture = [&](const CaptureJob& job, std::stop_token) {
    seen = job;
    return Status();
  };
  ASSERT_EQ(xkv({"capture", "--model", std::string(kData) + "qwen2", "--messages", kHi, "--out",
                 path("o"), "--quiet"}),
            0)
      << err;
  EXPECT_GT(seen.prompt_ids.size(), 10u);
  EXPECT_EQ(err, "");
}

TEST_F(ChatRun, WrongUseAndEmptyPromptsAreRefused) {
  EXPECT_EQ(xkv({"run", "--model", kDemoModel, "--messages", kHi, "--prompt", "x"}), 2);
  EXPECT_THAT(err, HasSubstr("2 prompts are given; one of --prompt, --prompt-ids and --messages"));
  EXPECT_EQ(
      xkv({"duel", "--model", kDemoModel, "--prompt", "x", "--ratio", "4", "--template", "qwen3"}),
      2);
  EXPECT_THAT(err, HasSubstr("--template needs --messages"));
  EXPECT_EQ(xkv({"run", "--model", kDemoModel, "--messages", kHi, "--template", "x"}), 2);
  EXPECT_THAT(err, HasSubstr("one of auto, llama2, "));
  EXPECT_EQ(xkv({"run", "--model", std::string(kData) + "llama2", "--template", "llama2",
                 "--messages", R"([{"role": "system", "content": "alone"}])"}),
            6);
  EXPECT_THAT(err, HasSubstr("the template llama2 makes 0 tokens of it"));
}

}  // namespace
}  // namespace xkv::cli
