// SPDX-License-Identifier: Apache-2.0
/// A token may be a string or an object with its content.
#include "engine/text/tokenizer_config.h"

#include <filesystem>

#include "engine/text/json_file.h"
#include "engine/text/json_node.h"

namespace xkv::text {
namespace {

Result<std::optional<std::string>> tokenIf(const JsonNode& config, const char* flag_key,
                                           const char* token_key) {
  auto wanted = config.at(flag_key).flagOr(false);
  if (!wanted) return Failure(wanted.error());
  if (!*wanted) return std::optional<std::string>();
  const JsonNode token = config.at(token_key);
  auto content = token.isObject() ? token.at("content").text() : token.text();
  if (!content) return Failure(content.error());
  return std::optional(*std::move(content));
}

}  // namespace

Result<TokenizerConfig> readTokenizerConfig(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return TokenizerConfig{};
  auto json = readJsonFile(path);
  if (!json) return Failure(json.error());
  const JsonNode config(*json, path + ": ");
  if (!config.isObject()) return JsonNode(*json, path).wrong("an object");
  auto bos = tokenIf(config, "add_bos_token", "bos_token");
  if (!bos) return Failure(bos.error());
  auto eos = tokenIf(config, "add_eos_token", "eos_token");
  if (!eos) return Failure(eos.error());
  return TokenizerConfig{*std::move(bos), *std::move(eos)};
}

}  // namespace xkv::text
