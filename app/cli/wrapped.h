// SPDX-License-Identifier: Apache-2.0
/// Text broken into lines for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace xkv::cli {

/// Words in lines of at most `width` columns, each after `indent` spaces and ended by a newline.
inline std::string wrapped(std::string_view text, size_t indent, size_t width) {
  std::string lines;
  std::string line(indent, ' ');
  while (!text.empty()) {
    const size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const bool first = line.size() == indent;
    if (!first && line.size() + 1 + word.size() > width) {
      lines += line + "\n";
      line.assign(indent, ' ');
    } else if (!first) {
      line += ' ';
    }
    line += word;
  }
  return lines + line + "\n";
}

/// Every line two spaces to the right.
inline std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    out += "  " + std::string(lines.substr(0, end)) + "\n";
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return out;
}

}  // namespace xkv::cli
