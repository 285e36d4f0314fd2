// SPDX-License-Identifier: Apache-2.0
/// Classes that the tables have are spelled out; other properties are left to PCRE2.
#include "engine/text/regex_sets.h"

#include <cstdio>

namespace xkv::text {
namespace {

std::string classRanges(const CodePointSet& set, bool negated) {
  return negated ? xkv::text::classRanges(set.complement()) : xkv::text::classRanges(set);
}

Result<std::optional<SetText>> property(std::string_view source) {
  const std::size_t end = source.find('}');
  if (!source.substr(2).starts_with('{') || end == std::string_view::npos) {
    return failure(ErrorKind::bad_input, "a property without braces");
  }
  std::string_view name = source.substr(3, end - 3);
  bool negated = source[1] == 'P';
  if (name.starts_with('^')) {
    negated = !negated;
    name.remove_prefix(1);
  }
  if (const CodePointSet* set = generalCategory(name)) {
    return SetText{classRanges(*set, negated), end + 1};
  }
  return SetText{(negated ? "\\P{" : "\\p{") + std::string(name) + '}', end + 1};
}

}  // namespace

std::string classRanges(const CodePointSet& set) {
  std::string text;
  char buffer[40];
  for (const auto& range : set.ranges()) {
    const char* format = range.first == range.last ? "\\x{%X}" : "\\x{%X}-\\x{%X}";
    std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(range.first),
                  static_cast<unsigned>(range.last));
    text += buffer;
  }
  return text;
}

Result<std::optional<SetText>> escapedSet(std::string_view source) {
  static const CodePointSet kHexDigits({{'0', '9'}, {'A', 'F'}, {'a', 'f'}});
  if (source.size() < 2) return std::optional<SetText>();
  const char letter = source[1];
  switch (letter) {
    case 's':
    case 'S':
      return SetText{classRanges(whiteSpace(), letter == 'S'), 2};
    case 'w':
    case 'W':
      return SetText{classRanges(regexWordCharacters(), letter == 'W'), 2};
    case 'd':
    case 'D':
      return SetText{classRanges(*generalCategory("Nd"), letter == 'D'), 2};
    case 'h':
    case 'H':
      return SetText{classRanges(kHexDigits, letter == 'H'), 2};
    case 'p':
    case 'P':
      return property(source);
    default:
      return std::optional<SetText>();
  }
}

}  // namespace xkv::text
