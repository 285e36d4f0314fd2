// SPDX-License-Identifier: Apache-2.0
/// The prompt of a run, from the options that name it.
#include "app/cli/run_prompt.h"

#include <utility>

#include "app/cli/chat_prompt.h"
#include "app/cli/input_file.h"

namespace xkv::cli {
namespace {

/// The ids are made here: the run itself would put a second bos before a template's text.
Status readChatInto(RunSpec& spec, const ChatArguments& chat, const Console& console) {
  auto prompt = chatPrompt(chat, spec.model_dir, /*add_generation_prompt=*/true, console);
  if (!prompt) return Failure(prompt.error());
  auto ids = chatPromptIds(*prompt, {spec.model_dir, spec.follow_symlinks});
  if (!ids) return Failure(ids.error());
  spec.prompt_name = (prompt->name.empty() ? "chat" : prompt->name) + " (" +
                     std::string(prompt->chat_template->name) + ")";
  spec.prompt = std::move(prompt->text);
  const ChatTemplate& used = *prompt->chat_template;
  if (!used.isRaw()) spec.chat_template = used.name;
  if (used.uses_date_string) spec.date_string = chat.date_string;
  if (used.uses_enable_thinking) spec.enable_thinking = chat.enable_thinking;
  spec.prompt_ids = std::move(*ids);
  return {};
}

}  // namespace

Status readPromptInto(RunSpec& spec, const PromptOptions& options, const Console& console) {
  if (options.chat.messages) return readChatInto(spec, options.chat, console);
  spec.chat_template = options.chat.template_name.value_or("");
  spec.date_string = options.chat.date_string;
  spec.enable_thinking = options.chat.enable_thinking;
  if (options.prompt_ids) {
    auto ids = readIds("--prompt-ids", *options.prompt_ids);
    if (!ids) return Failure(ids.error());
    spec.prompt_ids = std::move(*ids);
    return {};
  }
  auto prompt = readPrompt(*options.prompt, *console.in);
  if (!prompt) return Failure(prompt.error());
  spec.prompt_name = prompt->name;
  spec.prompt = prompt->text;
  return {};
}

}  // namespace xkv::cli
