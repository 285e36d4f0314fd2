// SPDX-License-Identifier: Apache-2.0
/// The table of the templates, and what they have in common.
#include "engine/text/chat_template.h"

#include <algorithm>

#include "engine/text/chat_families.h"
#include "engine/text/printable.h"

namespace xkv {
namespace {

Result<std::string> writeRaw(const ChatMessages& messages, const ChatOptions&) {
  std::string text;
  for (const ChatMessage& message : messages)
    text += (&message == &messages.front() ? "" : "\n") + message.content;
  return text;
}

}  // namespace

const std::vector<ChatTemplate>& chatTemplates() {
  static const std::vector<ChatTemplate> kTemplates{
      {.name = "llama2", .write = text::writeLlama2},
      {.name = "llama3.1", .write = text::writeLlama31, .uses_date_string = true},
      {.name = "qwen2.5", .write = text::writeQwen25},
      {.name = "qwen3", .write = text::writeQwen3, .uses_enable_thinking = true},
      {.name = "mistral-v0.1", .write = text::writeMistralV01},
      {.name = "mistral-v0.2", .write = text::writeMistralV02},
      {.name = "mistral-v0.3", .write = text::writeMistralV03},
      {.name = "mistral-nemo", .write = text::writeMistralNemo},
      {.name = "deepseek-v2", .write = text::writeDeepSeekV2},
      // The same text: the two differ in what they were trained on.
      {.name = "deepseek-coder-v2", .write = text::writeDeepSeekV2},
      {.name = "raw", .write = writeRaw},
  };
  return kTemplates;
}

const ChatTemplate* chatTemplateNamed(std::string_view name) {
  const auto found = std::ranges::find(chatTemplates(), name, &ChatTemplate::name);
  return found == chatTemplates().end() ? nullptr : &*found;
}

std::string chatTemplateNames() {
  std::string names;
  for (const ChatTemplate& one : chatTemplates())
    names.append(names.empty() ? "" : ", ").append(one.name);
  return names;
}

namespace text {

Failure refusedMessage(std::string_view chat_template, std::size_t index, const std::string& what) {
  return failure(ErrorKind::bad_input,
                 std::string(chat_template) + ": messages[" + std::to_string(index) + "] " + what);
}

Failure refusedEmpty(std::string_view chat_template) {
  return failure(ErrorKind::bad_input,
                 std::string(chat_template) + ": there are 0 messages, at least 1 is needed");
}

std::string hasRole(const ChatMessage& message) {
  return "has the role '" + printable(message.role) + "'";
}

}  // namespace text
}  // namespace xkv
