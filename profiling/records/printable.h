// SPDX-License-Identifier: Apache-2.0
/// Text that comes from a file, made fit for a message: no control characters, never long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace xkv {

namespace printable_detail {

/// Length of the valid UTF-8 sequence at the front of `text` and its code point; 0 if there is
/// none.
inline size_t decodeFront(std::string_view text, uint32_t& code_point) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) {
    code_point = first;
    return 1;
  }
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  code_point = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code_point = (code_point << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return overlong || surrogate || code_point > 0x10FFFF ? 0 : length;
}

/// Controls, line separators and the marks that reverse or hide the text around them.
inline bool isUnprintable(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace printable_detail

/// False at the first byte that is no part of a valid character.
inline bool isUtf8(std::string_view text) {
  uint32_t code_point = 0;
  while (!text.empty()) {
    const size_t length = printable_detail::decodeFront(text, code_point);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// `text` with every byte of an unprintable or broken character as \xNN, cut after about `limit`
/// bytes.
inline std::string printable(std::string_view text, size_t limit = 120) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    if (out.size() >= limit) return out + "...";
    uint32_t code_point = 0;
    const size_t decoded = printable_detail::decodeFront(text, code_point);
    const size_t length = decoded == 0 ? 1 : decoded;
    if (decoded != 0 && !printable_detail::isUnprintable(code_point)) {
      out += text.substr(0, length);
    } else {
      for (const char c : text.substr(0, length)) {
        const auto byte = static_cast<uint8_t>(c);
        out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      }
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace xkv
