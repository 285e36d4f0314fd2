// SPDX-License-Identifier: Apache-2.0
/// Which built-in template a model folder asks for: by pieces of its own template, else by its
/// special tokens and model_type.
#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/text/chat_template.h"
#include "engine/text/json_file.h"
#include "engine/text/json_node.h"

namespace xkv {
namespace {

using text::JsonNode;
using Pieces = std::vector<std::string_view>;

/// A Jinja text that holds all of `has` and none of `lacks` writes what the built-in one writes.
struct JinjaMark {
  std::string_view name;
  Pieces has;
  Pieces lacks;
};

const std::vector<JinjaMark> kJinjaMarks{
    {"llama2", {"'[INST] ' + content.strip() + ' [/INST]'", "<<SYS>>"}, {"not '<<SYS>>'"}},
    {"llama3.1",
     {"<|start_header_id|>", "Cutting Knowledge Date: December 2023", "26 Jul 2024"},
     {"strftime_now"}},
    {"qwen2.5",
     {"<|im_start|>", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."},
     {"<think>", "<|vision_start|>"}},
    {"qwen3", {"<|im_start|>", "enable_thinking is false", "ns.last_query_index"}, {}},
    {"mistral-v0.1",
     {"'[INST] ' + message['content'] + ' [/INST]'", "message['content'] + eos_token"},
     {"system_message", "' ' + message['content']", "eos_token + ' '"}},
    {"mistral-v0.2",
     {"' [INST] ' + system_message + '", "' [INST] ' + message['content'] + ' [/INST]'",
      "' ' + message['content'] + eos_token"},
     {}},
    {"mistral-v0.3",
     {R"("[INST] " + message["content"] + "[/INST]")", "[TOOL_CALLS] [", "|trim + eos_token"},
     {"[SYSTEM_PROMPT]"}},
    {"mistral-nemo",
     {R"("[INST]" + message["content"] + "[/INST]")", "[TOOL_CALLS][",
      R"(message["content"] + eos_token)"},
     {"[SYSTEM_PROMPT]"}},
    {"deepseek-v2",
     {"'User: ' + message['content'] + '", "'Assistant: ' + message['content'] + eos_token"},
     {"###"}},
};

/// Added tokens of the family, and its model_type where config.json is there.
struct TokenMark {
  std::string_view name;
  Pieces has;
  Pieces lacks;
  std::string_view model_type;
  bool needs_model_type = false;
};

const Pieces kSentencePiece{"<unk>", "<s>", "</s>"};

const std::vector<TokenMark> kTokenMarks{
    {"llama3.1",
     {"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>"},
     {},
     "llama"},
    {"qwen3", {"<|im_start|>", "<|im_end|>", "<tool_call>"}, {}, "qwen3", true},
    {"qwen2.5", {"<|im_start|>", "<|im_end|>", "<tool_call>"}, {}, "qwen2"},
    {"mistral-v0.3", {"[INST]", "[/INST]", "[TOOL_CALLS]", "[control_8]"}, {}, "mistral"},
    {"mistral-nemo",
     {"[INST]", "[/INST]", "[TOOL_CALLS]", "<SPECIAL_14>"},
     {"[SYSTEM_PROMPT]"},
     "mistral"},
    {"deepseek-v2",
     {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"},
     {"<｜place▁holder▁no▁0｜>"},
     "deepseek_v2"},
    {"mistral-v0.1", kSentencePiece, {"[INST]"}, "mistral", true},
    {"llama2", kSentencePiece, {"[INST]"}, "llama"},
};

struct Folder {
  std::set<std::string, std::less<>> tokens;
  bool only_three_tokens = false;  ///< Llama 2 and the first Mistrals: byte fallback, three tokens
  std::string model_type;          ///< empty without config.json
  bool has_window = false;
};

bool isThere(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

/// The template in the value of tokenizer_config.json: a text, or a list of named ones.
Result<std::string> jinjaIn(const JsonNode& value) {
  if (value.value().is_null()) return std::string();
  if (!value.value().is_array()) return value.text();
  const auto named = value.elements(64);
  if (!named) return Failure(named.error());
  for (const JsonNode& one : *named)
    if (one.at("name").value() == "default") return one.at("template").text();
  return std::string();
}

/// Empty where the folder has none. Newer folders hold it as a file of its own.
Result<std::string> jinjaOf(const std::string& model_dir) {
  const std::string own = model_dir + "/chat_template.jinja";
  if (isThere(own)) return text::readTextFile(own);
  const std::string path = model_dir + "/tokenizer_config.json";
  if (!isThere(path)) return std::string();
  const auto config = text::readJsonFile(path);
  if (!config) return Failure(config.error());
  return jinjaIn(JsonNode(*config, path + ": ").at("chat_template"));
}

Status readTokens(const std::string& path, Folder& folder) {
  const auto json = text::readJsonFile(path);
  if (!json) return Failure(json.error());
  const JsonNode root(*json, path + ": ");
  if (root.has("added_tokens")) {
    const auto added = root.at("added_tokens").elements(1'000'000);
    if (!added) return Failure(added.error());
    for (const JsonNode& token : *added) {
      auto content = token.at("content").text();
      if (!content) return Failure(content.error());
      folder.tokens.insert(*std::move(content));
    }
  }
  const auto byte_fallback = root.at("model").at("byte_fallback").flagOr(false);
  if (!byte_fallback) return Failure(byte_fallback.error());
  const std::size_t num_others = folder.tokens.size() - folder.tokens.count("<pad>");
  folder.only_three_tokens = *byte_fallback && num_others == kSentencePiece.size();
  return {};
}

Status readConfig(const std::string& path, Folder& folder) {
  if (!isThere(path)) return {};
  const auto json = text::readJsonFile(path);
  if (!json) return Failure(json.error());
  const JsonNode config(*json, path + ": ");
  auto model_type = config.at("model_type").textOr("");
  if (!model_type) return Failure(model_type.error());
  folder.model_type = *std::move(model_type);
  folder.has_window = config.has("sliding_window");
  return {};
}

const ChatTemplate* templateByJinja(std::string_view jinja) {
  const auto has = [&](std::string_view piece) { return jinja.find(piece) != jinja.npos; };
  for (const JinjaMark& mark : kJinjaMarks)
    if (std::ranges::all_of(mark.has, has) && std::ranges::none_of(mark.lacks, has))
      return chatTemplateNamed(mark.name);
  return nullptr;
}

bool fits(const TokenMark& mark, const Folder& folder) {
  const auto has = [&](std::string_view token) { return folder.tokens.contains(token); };
  if (!std::ranges::all_of(mark.has, has) || std::ranges::any_of(mark.lacks, has)) return false;
  if (mark.has == kSentencePiece && !folder.only_three_tokens) return false;
  if (folder.model_type.empty()) return !mark.needs_model_type;
  return folder.model_type == mark.model_type;
}

const ChatTemplate* templateByTokens(const Folder& folder) {
  for (const TokenMark& mark : kTokenMarks) {
    if (!fits(mark, folder)) continue;
    // The window went, and the system prompt came, with v0.2.
    const bool is_v02 = mark.name == "mistral-v0.1" && !folder.has_window;
    return chatTemplateNamed(is_v02 ? "mistral-v0.2" : mark.name);
  }
  return nullptr;
}

FoundChatTemplate foundOrRaw(const ChatTemplate* found, const std::string& what) {
  if (found) return {found, "by " + what};
  return {chatTemplateNamed("raw"), "there is no built-in template for " + what};
}

}  // namespace

Result<FoundChatTemplate> chatTemplateOf(const std::string& model_dir) {
  const auto jinja = jinjaOf(model_dir);
  if (!jinja) return Failure(jinja.error());
  if (!jinja->empty()) return foundOrRaw(templateByJinja(*jinja), "the folder's chat_template");
  Folder folder;
  Status read = readTokens(model_dir + "/tokenizer.json", folder);
  if (read) read = readConfig(model_dir + "/config.json", folder);
  if (!read) return Failure(read.error());
  return foundOrRaw(templateByTokens(folder), "the model's special tokens and model_type");
}

}  // namespace xkv
