// SPDX-License-Identifier: Apache-2.0
/// A literal is found without a regex engine; an empty one matches between all characters, as it
/// does there.
#include "engine/text/pattern.h"

#include <algorithm>

#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

std::vector<Match> findLiteral(std::string_view text, std::string_view literal) {
  std::vector<Match> matches;
  if (!literal.empty()) {
    for (auto at = text.find(literal); at != text.npos;
         at = text.find(literal, at + literal.size())) {
      matches.push_back({at, at + literal.size()});
    }
    return matches;
  }
  for (std::size_t at = 0; at < text.size(); at += codePointAt(text, at).length) {
    matches.push_back({at, at});
  }
  matches.push_back({text.size(), text.size()});
  return matches;
}

}  // namespace

Result<Pattern> Pattern::fromJson(const JsonNode& node) {
  if (node.value().is_object() && node.value().size() == 1) {
    if (node.has("String")) {
      auto literal = node.at("String").text();
      if (!literal) return Failure(literal.error());
      return Pattern(*std::move(literal));
    }
    if (node.has("Regex")) {
      auto source = node.at("Regex").text();
      if (!source) return Failure(source.error());
      auto regex = Regex::compile(*source);
      if (!regex) return node.bad("cannot be used: " + regex.error().message);
      return Pattern(*std::move(regex));
    }
  }
  return node.wrong("{\"String\": ..} or {\"Regex\": ..}");
}

Result<std::vector<Match>> Pattern::findAll(std::string_view text) const {
  if (const std::string* wanted = literal()) return findLiteral(text, *wanted);
  return std::get<Regex>(what_).findAll(text);
}

Result<std::string> Pattern::replaceAll(std::string_view text, std::string_view content) const {
  auto matches = findAll(text);
  if (!matches) return Failure(matches.error());
  std::string replaced;
  std::size_t done = 0;
  for (const Match& match : *matches) {
    replaced.append(text.substr(done, match.begin - done)).append(content);
    done = match.end;
  }
  return replaced.append(text.substr(done));
}

std::size_t Pattern::growth(std::string_view content) const {
  const std::string* wanted = literal();
  if (wanted == nullptr || wanted->empty()) return content.size() + 1;
  return std::max<std::size_t>(1, (content.size() + wanted->size() - 1) / wanted->size());
}

}  // namespace xkv::text
