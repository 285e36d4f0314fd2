// SPDX-License-Identifier: Apache-2.0
/// A conversation from the command line as the text of a chat template.
#pragma once

#include <string>

#include "app/cli/console.h"
#include "app/cli/input_file.h"
#include "app/cli/options.h"
#include "engine/text/chat_template.h"

namespace xkv::cli {

struct ChatPrompt {
  std::string name;  ///< of the file, without folder and suffix; empty for a text
  std::string text;
  const ChatTemplate* chat_template;
};

/// Without a name the template is the one of the model's folder, and a notice says which.
/// bad_input: what readChatMessages, chatTemplateOf or the template refuse.
Result<ChatPrompt> chatPrompt(const ChatArguments& chat, const std::string& model_dir,
                              bool add_generation_prompt, const Console& console);

/// The same as a prompt's ids, with no bos where the template writes one itself.
Result<std::vector<int64_t>> chatPromptIds(const ChatPrompt& prompt, const ModelFolder& folder);

}  // namespace xkv::cli
