// SPDX-License-Identifier: Apache-2.0
/// How the prompt and the turns of a run become texts.
#include "app/conversation.h"

#include <algorithm>

#include "profiling/records/chat_names.h"
#include "profiling/records/printable.h"

namespace xkv {
namespace {

/// Up to where the next answer begins.
ChatOptions optionsOf(const RunSpec& spec) {
  ChatOptions options;
  options.add_generation_prompt = true;
  options.date_string = spec.date_string.value_or(options.date_string);
  options.enable_thinking = spec.enable_thinking.value_or(options.enable_thinking);
  return options;
}

/// A word that none of the texts contains: it stands for an answer, and is looked for in what the
/// template wrote.
std::string wordOutside(const std::string& prompt, const std::vector<std::string>& turns) {
  std::string word = "answer";
  const auto holds = [&](const std::string& text) { return text.find(word) != std::string::npos; };
  while (holds(prompt) || std::ranges::any_of(turns, holds)) word += '0';
  return word + "1";
}

}  // namespace

Conversation::Conversation(const RunSpec& spec)
    : prompt_(spec.prompt), turns_(spec.turns), options_(optionsOf(spec)) {}

Result<Conversation> Conversation::of(const RunSpec& spec) {
  Conversation conversation(spec);
  if (spec.chat_template.empty()) return conversation;
  const ChatTemplate* used = chatTemplateNamed(spec.chat_template);
  if (spec.chat_template == kAutoChatTemplate) {
    const auto found = chatTemplateOf(spec.model_dir);
    if (!found) return Failure(found.error());
    used = found->chat_template;
    conversation.notices_.push_back("the template " + std::string(used->name) +
                                    " is used: " + found->reason);
  }
  if (used == nullptr) {
    return failure(ErrorKind::bad_input, "chat_template is " + printable(spec.chat_template) +
                                             ", one of auto, " + chatTemplateNames() +
                                             " is needed");
  }
  if (!used->isRaw()) conversation.template_ = used;
  const auto saysUnused = [&](const char* field) {
    conversation.notices_.push_back(std::string(field) + " has no effect: the template " +
                                    std::string(used->name) + " does not use it");
  };
  if (spec.date_string && !used->uses_date_string) saysUnused("date_string");
  if (spec.enable_thinking && !used->uses_enable_thinking) saysUnused("enable_thinking");
  return conversation;
}

std::string Conversation::templateName() const {
  return template_ == nullptr ? std::string() : std::string(template_->name);
}

Result<std::string> Conversation::promptText() const {
  if (template_ == nullptr) return prompt_;
  return template_->render({{.role = "user", .content = prompt_}}, options_);
}

Result<std::string> Conversation::turnText(size_t turn) const {
  if (template_ == nullptr) return turns_.at(turn);
  const std::string answer = wordOutside(prompt_, turns_);
  ChatMessages messages{{.role = "user", .content = prompt_}};
  for (size_t i = 0; i <= turn; ++i) {
    messages.push_back({.role = "assistant", .content = answer});
    messages.push_back({.role = "user", .content = turns_.at(i)});
  }
  auto whole = template_->render(messages, options_);
  if (!whole) return whole;
  return whole->substr(whole->rfind(answer) + answer.size());
}

}  // namespace xkv
