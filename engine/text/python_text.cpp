// SPDX-License-Identifier: Apache-2.0
/// White space is what Python's str.isspace says, a fixed list since Unicode 6.3.
#include "engine/text/python_text.h"

#include <algorithm>
#include <cstdio>

#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

bool isSpace(char32_t c) {
  if (c <= 0x20) return (c >= 0x09 && c <= 0x0D) || c >= 0x1C;
  if (c >= 0x2000 && c <= 0x200A) return true;
  static constexpr char32_t kOthers[] = {0x85,   0xA0,   0x1680, 0x2028,
                                         0x2029, 0x202F, 0x205F, 0x3000};
  return std::ranges::find(kOthers, c) != std::end(kOthers);
}

/// The two characters behind the backslash, none where the character needs no such escape.
std::string_view shortEscape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    default:
      return {};
  }
}

}  // namespace

std::string_view stripped(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = codePointAt(text, 0);
    if (!isSpace(first.value)) break;
    text.remove_prefix(first.length);
  }
  while (!text.empty()) {
    const std::size_t last = codePointBefore(text, text.size());
    if (!isSpace(codePointAt(text, last).value)) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string_view leftStripped(std::string_view text, char c) {
  return text.substr(std::min(text.find_first_not_of(c), text.size()));
}

std::string_view rightStripped(std::string_view text, char c) {
  return text.substr(0, text.find_last_not_of(c) + 1);
}

std::string_view stripped(std::string_view text, char c) {
  return leftStripped(rightStripped(text, c), c);
}

std::string_view beforeFirst(std::string_view text, std::string_view separator) {
  return text.substr(0, text.find(separator));
}

std::string_view behindLast(std::string_view text, std::string_view separator) {
  const std::size_t at = text.rfind(separator);
  return at == std::string_view::npos ? text : text.substr(at + separator.size());
}

std::size_t lengthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string jsonQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const std::string_view escape = shortEscape(c);
    if (!escape.empty()) {
      quoted += escape;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
      quoted += buffer;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace xkv::text
