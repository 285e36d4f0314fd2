// SPDX-License-Identifier: Apache-2.0
/// Mistral from v0.1 to Nemo: strict turns; spaces, and the place of the system prompt, differ.
#include "engine/text/chat_families.h"
#include "engine/text/python_text.h"

namespace xkv::text {
namespace {

/// The spaces in which v0.3 and Nemo differ, and whether an answer is stripped.
struct ToolStyle {
  std::string_view name;
  std::string_view space;
  bool strips_answers;
};

bool isTool(const ChatMessage& message) {
  return message.role == "tool" || message.role == "tool_results";
}

/// Where the turns begin: behind a system prompt.
std::size_t firstTurn(const ChatMessages& messages) {
  return !messages.empty() && messages.front().role == "system" ? 1 : 0;
}

/// user, assistant, user, ...; answers of tools, where the family has them, do not count.
Status checkTurns(std::string_view name, const ChatMessages& messages, std::size_t first,
                  bool has_tools) {
  std::size_t turns = 0;
  for (std::size_t i = first; i < messages.size(); ++i) {
    if (has_tools && isTool(messages[i])) continue;
    const bool users_turn = turns++ % 2 == 0;
    const std::string needed = users_turn ? "user" : "assistant";
    if (messages[i].role != needed)
      return refusedMessage(
          name, i, hasRole(messages[i]) + ", " + needed + " is needed: the roles alternate");
  }
  return {};
}

/// content|string of a text is the text: what stands there is JSON only if the tool wrote JSON.
Result<std::string> toolAnswer(const ToolStyle& style, const ChatMessages& messages,
                               std::size_t index) {
  const ChatMessage& message = messages[index];
  const std::string id = message.tool_call_id.value_or("");
  if (lengthOf(id) != 9)
    return refusedMessage(
        style.name, index,
        "has a tool_call_id of " + std::to_string(lengthOf(id)) + " characters, 9 are needed");
  return std::string("[TOOL_RESULTS]")
      .append(style.space)
      .append("{\"content\": ")
      .append(message.content)
      .append(", \"call_id\": \"")
      .append(id)
      .append("\"}[/TOOL_RESULTS]");
}

/// The system prompt stands in the last message where that is the user's.
Result<std::string> writeWithTools(const ToolStyle& style, const ChatMessages& messages) {
  if (messages.empty()) return refusedEmpty(style.name);
  const std::size_t first = firstTurn(messages);
  const Status turns = checkTurns(style.name, messages, first, /*has_tools=*/true);
  if (!turns) return Failure(turns.error());
  std::string text = "<s>";
  for (std::size_t i = first; i < messages.size(); ++i) {
    const std::string& content = messages[i].content;
    const bool is_last = i + 1 == messages.size();
    if (messages[i].role == "user") {
      text.append("[INST]").append(style.space);
      if (is_last && first == 1) text.append(messages.front().content).append("\n\n");
      text.append(content).append("[/INST]");
    } else if (messages[i].role == "assistant") {
      text.append(style.space).append(style.strips_answers ? stripped(content) : content);
      text.append("</s>");
    } else {
      auto answer = toolAnswer(style, messages, i);
      if (!answer) return answer;
      text += *answer;
    }
  }
  return text;
}

}  // namespace

Result<std::string> writeMistralV01(const ChatMessages& messages, const ChatOptions&) {
  const Status turns = checkTurns("mistral-v0.1", messages, 0, /*has_tools=*/false);
  if (!turns) return Failure(turns.error());
  std::string text = "<s>";
  for (const ChatMessage& message : messages)
    text += message.role == "user" ? "[INST] " + message.content + " [/INST]"
                                   : message.content + "</s>";
  return text;
}

Result<std::string> writeMistralV02(const ChatMessages& messages, const ChatOptions&) {
  if (messages.empty()) return refusedEmpty("mistral-v0.2");
  const std::size_t first = firstTurn(messages);
  const Status turns = checkTurns("mistral-v0.2", messages, first, /*has_tools=*/false);
  if (!turns) return Failure(turns.error());
  std::string text = "<s>";
  for (std::size_t i = first; i < messages.size(); ++i) {
    const std::string system = i == 1 && first == 1 ? messages.front().content + "\n\n" : "";
    text += messages[i].role == "user" ? " [INST] " + system + messages[i].content + " [/INST]"
                                       : " " + messages[i].content + "</s>";
  }
  return text;
}

Result<std::string> writeMistralV03(const ChatMessages& messages, const ChatOptions&) {
  return writeWithTools({.name = "mistral-v0.3", .space = " ", .strips_answers = true}, messages);
}

Result<std::string> writeMistralNemo(const ChatMessages& messages, const ChatOptions&) {
  return writeWithTools({.name = "mistral-nemo", .space = "", .strips_answers = false}, messages);
}

}  // namespace xkv::text
