// SPDX-License-Identifier: Apache-2.0
/// Qwen2.5 and Qwen3: <|im_start|> and <|im_end|> around each message; thinking of earlier turns is
/// left out.
#include "engine/text/chat_families.h"
#include "engine/text/python_text.h"

namespace xkv::text {
namespace {

constexpr std::string_view kDefaultSystem =
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

std::string turn(std::string_view role, std::string_view content) {
  return std::string("<|im_start|>")
      .append(role)
      .append("\n")
      .append(content)
      .append("<|im_end|>\n");
}

bool isTool(const ChatMessages& messages, std::size_t index) {
  return index < messages.size() && messages[index].role == "tool";
}

/// The answers of tools that follow each other stand in one turn of the user.
std::string toolAnswer(const ChatMessages& messages, std::size_t index) {
  std::string text;
  if (index == 0 || !isTool(messages, index - 1)) text += "<|im_start|>user";
  text += "\n<tool_response>\n" + messages[index].content + "\n</tool_response>";
  if (!isTool(messages, index + 1)) text += "<|im_end|>\n";
  return text;
}

bool isQuery(const ChatMessage& message) {
  const bool is_tool_answer = message.content.starts_with("<tool_response>") &&
                              message.content.ends_with("</tool_response>");
  return message.role == "user" && !is_tool_answer;
}

/// Where the user asked last; the last message where nobody asked.
std::size_t lastQuery(const ChatMessages& messages) {
  for (std::size_t i = messages.size(); i > 0; --i)
    if (isQuery(messages[i - 1])) return i - 1;
  return messages.size() - 1;
}

struct Answer {
  std::string_view reasoning;
  std::string_view content;
};

Answer answerOf(const ChatMessage& message) {
  const std::string_view content = message.content;
  if (message.reasoning_content) return {*message.reasoning_content, content};
  if (content.find("</think>") == std::string_view::npos) return {"", content};
  const std::string_view before = rightStripped(beforeFirst(content, "</think>"), '\n');
  return {leftStripped(behindLast(before, "<think>"), '\n'),
          leftStripped(behindLast(content, "</think>"), '\n')};
}

std::string assistantTurn(const ChatMessages& messages, std::size_t index, std::size_t last_query) {
  const Answer answer = answerOf(messages[index]);
  const bool is_last = index + 1 == messages.size();
  const bool shows_thinking = index > last_query && (is_last || !answer.reasoning.empty());
  if (!shows_thinking) return turn("assistant", answer.content);
  return turn("assistant", std::string("<think>\n")
                               .append(stripped(answer.reasoning, '\n'))
                               .append("\n</think>\n\n")
                               .append(leftStripped(answer.content, '\n')));
}

}  // namespace

Result<std::string> writeQwen25(const ChatMessages& messages, const ChatOptions& options) {
  if (messages.empty()) return refusedEmpty("qwen2.5");
  const bool has_system = messages.front().role == "system";
  std::string text = turn("system", has_system ? messages.front().content : kDefaultSystem);
  for (std::size_t i = has_system ? 1 : 0; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    if (role == "user" || role == "system" || role == "assistant")
      text += turn(role, messages[i].content);
    if (role == "tool") text += toolAnswer(messages, i);
  }
  return options.add_generation_prompt ? text + "<|im_start|>assistant\n" : text;
}

Result<std::string> writeQwen3(const ChatMessages& messages, const ChatOptions& options) {
  if (messages.empty()) return refusedEmpty("qwen3");
  const std::size_t last_query = lastQuery(messages);
  std::string text;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    if (role == "user" || role == "system") text += turn(role, messages[i].content);
    if (role == "assistant") text += assistantTurn(messages, i, last_query);
    if (role == "tool") text += toolAnswer(messages, i);
  }
  if (!options.add_generation_prompt) return text;
  return text + "<|im_start|>assistant\n" +
         (options.enable_thinking ? "" : "<think>\n\n</think>\n\n");
}

}  // namespace xkv::text
