// SPDX-License-Identifier: Apache-2.0
/// `xkv template`: a conversation to the text of its chat template.
#include "app/cli/chat_prompt.h"
#include "app/cli/commands.h"

namespace xkv::cli {

Status templateCommand(const TemplateOptions& options, const Console& console) {
  const auto prompt =
      chatPrompt(options.chat, options.model.value_or(""), options.add_generation_prompt, console);
  if (!prompt) return Failure(prompt.error());
  return console.out(prompt->text);
}

}  // namespace xkv::cli
