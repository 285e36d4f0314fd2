// SPDX-License-Identifier: Apache-2.0
/// Escapes rather than drops: the reader of the sentence should be able to find the piece in the
/// file.
#include "engine/text/printable.h"

#include <cstdio>

#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

constexpr std::size_t kMaxLength = 80;
constexpr std::string_view kCut = "...";

std::string escaped(char32_t value) {
  if (value >= 0x20 && value < 0x7F) return std::string(1, static_cast<char>(value));
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, value < 0x80 ? "\\x%02X" : "\\u{%X}",
                static_cast<unsigned>(value));
  return buffer;
}

}  // namespace

std::string printable(std::string_view text) {
  // Four bytes can be one character: so many bytes are surely enough for the characters shown.
  const bool cut_before = text.size() > 4 * kMaxLength;
  const std::string valid = validUtf8(text.substr(0, 4 * kMaxLength));
  std::string shown;
  for (std::size_t offset = 0; offset < valid.size();) {
    const CodePoint next = codePointAt(valid, offset);
    shown += escaped(next.value);
    offset += next.length;
  }
  if (shown.size() <= kMaxLength && !cut_before) return shown;
  shown.resize(std::min(shown.size(), kMaxLength - kCut.size()));
  return shown.append(kCut);
}

}  // namespace xkv::text
