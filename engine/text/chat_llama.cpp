// SPDX-License-Identifier: Apache-2.0
/// Llama 2: strict turns, the system prompt inside the first. Llama 3.1: a header for each message.
#include "engine/text/chat_families.h"
#include "engine/text/printable.h"
#include "engine/text/python_text.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string header(std::string_view role) {
  return joined({"<|start_header_id|>", role, "<|end_header_id|>\n\n"});
}

}  // namespace

Result<std::string> writeLlama2(const ChatMessages& messages, const ChatOptions&) {
  if (messages.empty()) return refusedEmpty("llama2");
  const bool has_system = messages.front().role == "system";
  const std::size_t first = has_system ? 1 : 0;
  std::string text;
  for (std::size_t i = first; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    const bool users_turn = (i - first) % 2 == 0;
    if ((message.role == "user") != users_turn)
      return refusedMessage("llama2", i,
                            hasRole(message) + ", " + (users_turn ? "user" : "assistant") +
                                " is needed: the roles alternate");
    std::string content = message.content;
    if (i == first && has_system)
      content = joined({"<<SYS>>\n", messages.front().content, "\n<</SYS>>\n\n", content});
    if (message.role == "user") text += joined({"<s>[INST] ", stripped(content), " [/INST]"});
    if (message.role == "assistant") text += joined({" ", stripped(content), " </s>"});
    // Another role in the assistant's place is left out, as the family's own template does.
  }
  return text;
}

Result<std::string> writeLlama31(const ChatMessages& messages, const ChatOptions& options) {
  if (messages.empty()) return refusedEmpty("llama3.1");
  if (!isUtf8(options.date_string))
    return failure(ErrorKind::bad_input, "llama3.1: the date string '" +
                                             printable(options.date_string) + "' is not UTF-8");
  const bool has_system = messages.front().role == "system";
  std::string text = "<|begin_of_text|>" + header("system") +
                     "Cutting Knowledge Date: December 2023\nToday Date: " + options.date_string +
                     "\n\n";
  if (has_system) text += stripped(messages.front().content);
  text += "<|eot_id|>";
  for (std::size_t i = has_system ? 1 : 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    const bool is_tool = message.role == "tool" || message.role == "ipython";
    text += header(is_tool ? "ipython" : message.role);
    if (is_tool) {
      text += jsonQuoted(message.content);
    } else {
      text += stripped(message.content);
    }
    text += "<|eot_id|>";
  }
  return options.add_generation_prompt ? text + header("assistant") : text;
}

}  // namespace xkv::text
