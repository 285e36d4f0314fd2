// SPDX-License-Identifier: Apache-2.0
/// The template is named or found; what it does not use is said.
#include "app/cli/chat_prompt.h"

#include "engine/text/tokenizer.h"

namespace xkv::cli {
namespace {

struct Conversation {
  std::string name;
  ChatMessages messages;
};

/// How a sentence names the place of the messages.
std::string placeOf(const std::string& argument) {
  if (argument == "-") return "standard input";
  const bool is_file = argument.starts_with('@') && !argument.starts_with("@@");
  return is_file ? argument.substr(1) : "--messages";
}

Result<Conversation> readConversation(const std::string& argument, const Console& console) {
  auto read = readAnyText(argument, *console.in);
  if (!read) return Failure(read.error());
  auto messages = readChatMessages(read->text, placeOf(argument));
  if (!messages) return Failure(messages.error());
  return Conversation{std::move(read->name), std::move(*messages)};
}

Result<const ChatTemplate*> templateFor(const ChatArguments& chat, const std::string& model_dir,
                                        const Console& console) {
  const std::string name = chat.template_name.value_or("auto");
  if (name != "auto") return chatTemplateNamed(name);
  const auto found = chatTemplateOf(model_dir);
  if (!found) return Failure(found.error());
  const std::string used(found->chat_template->name);
  notice(console, "the template " + used + " is used: " + found->reason);
  return found->chat_template;
}

void noticeUnused(const ChatArguments& chat, const ChatTemplate& used, const Console& console) {
  const auto say = [&](const std::string& flag) {
    notice(console,
           flag + " has no effect: the template " + std::string(used.name) + " does not use it");
  };
  if (chat.date_string && !used.uses_date_string) say("--date-string");
  if (chat.enable_thinking && !used.uses_enable_thinking) say("--enable-thinking");
}

}  // namespace

Result<ChatPrompt> chatPrompt(const ChatArguments& chat, const std::string& model_dir,
                              bool add_generation_prompt, const Console& console) {
  auto conversation = readConversation(*chat.messages, console);
  if (!conversation) return Failure(conversation.error());
  const auto used = templateFor(chat, model_dir, console);
  if (!used) return Failure(used.error());
  noticeUnused(chat, **used, console);
  ChatOptions options;
  options.add_generation_prompt = add_generation_prompt;
  options.date_string = chat.date_string.value_or(options.date_string);
  options.enable_thinking = chat.enable_thinking.value_or(options.enable_thinking);
  auto text = (*used)->render(conversation->messages, options);
  if (!text) return Failure(text.error());
  return ChatPrompt{std::move(conversation->name), std::move(*text), *used};
}

Result<std::vector<int64_t>> chatPromptIds(const ChatPrompt& prompt, const ModelFolder& folder) {
  const auto tokenizer = Tokenizer::open(folder);
  if (!tokenizer) return Failure(tokenizer.error());
  auto ids = tokenizer->encode(prompt.text, /*add_special_tokens=*/prompt.chat_template->isRaw());
  if (ids && ids->empty())
    return failure(ErrorKind::bad_input, "--messages: the template " +
                                             std::string(prompt.chat_template->name) +
                                             " makes 0 tokens of it, at least 1 is needed");
  return ids;
}

}  // namespace xkv::cli
