// SPDX-License-Identifier: Apache-2.0
/// The built-in chat templates: a conversation as the text that a family of models was trained on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/chat_messages.h"
#include "profiling/records/result.h"

namespace xkv {

struct ChatOptions {
  bool add_generation_prompt = false;  ///< end where the assistant's next words begin
  std::string date_string = "26 Jul 2024";
  bool enable_thinking = true;
};

struct ChatTemplate {
  std::string_view name;
  std::function<Result<std::string>(const ChatMessages&, const ChatOptions&)> write;
  bool uses_date_string = false;
  bool uses_enable_thinking = false;

  /// The text, byte for byte what the family's own Jinja template gives with no tools defined.
  /// bad_input: a conversation that the template refuses; the sentence names template and message.
  Result<std::string> render(const ChatMessages& messages, const ChatOptions& options) const {
    return write(messages, options);
  }
  /// No template: the contents alone, one after another on lines of their own. Its text has no bos.
  bool isRaw() const { return name == "raw"; }
};

/// All of them; the last is "raw".
const std::vector<ChatTemplate>& chatTemplates();
/// None for an unknown name.
const ChatTemplate* chatTemplateNamed(std::string_view name);
/// "llama2, llama3.1, ..., raw"
std::string chatTemplateNames();

/// Which template the model of a folder was trained with.
struct FoundChatTemplate {
  const ChatTemplate* chat_template;  ///< raw where the family has no built-in template
  std::string reason;                 ///< "its chat_template", "its special tokens and model_type"
};

/// From the chat template that stands in the folder, else from special tokens and model_type.
/// bad_input: a file of the folder is missing or broken.
Result<FoundChatTemplate> chatTemplateOf(const std::string& model_dir);

}  // namespace xkv
