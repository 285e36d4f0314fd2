// SPDX-License-Identifier: Apache-2.0
/// {"String": ..} or {"Regex": ..}: what Split and Replace look for.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/text/json_node.h"
#include "engine/text/regex.h"

namespace xkv::text {

class Pattern {
 public:
  static Result<Pattern> fromJson(const JsonNode& node);
  explicit Pattern(Regex regex) : what_(std::move(regex)) {}

  Result<std::vector<Match>> findAll(std::string_view text) const;
  Result<std::string> replaceAll(std::string_view text, std::string_view content) const;

  /// Null if it is a regular expression.
  const std::string* literal() const { return std::get_if<std::string>(&what_); }
  /// By how much replaceAll can lengthen a text at most: bytes out for one byte in.
  std::size_t growth(std::string_view content) const;

 private:
  explicit Pattern(std::string literal) : what_(std::move(literal)) {}
  std::variant<std::string, Regex> what_;
};

}  // namespace xkv::text
