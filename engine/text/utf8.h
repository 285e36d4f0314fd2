// SPDX-License-Identifier: Apache-2.0
/// UTF-8 as bytes and as code points; what is no UTF-8 becomes U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xkv::text {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

struct CodePoint {
  char32_t value;
  std::size_t length;  // bytes
};

/// The code point at `offset` of a text that is valid UTF-8.
CodePoint codePointAt(std::string_view text, std::size_t offset);
/// Where the code point that ends before `offset` (> 0) begins.
std::size_t codePointBefore(std::string_view text, std::size_t offset);

void appendUtf8(std::string& text, char32_t value);

/// Appends `bytes` with each maximal ill-formed part replaced by one U+FFFD. Gives back how many
/// bytes were taken: at most 3 at the end may be left because more bytes could complete them.
std::size_t appendDecoded(std::string& text, std::string_view bytes);

/// The whole of `bytes`, an unfinished end replaced as well.
std::string validUtf8(std::string_view bytes);

/// True if `bytes` is UTF-8 without surrogates or overlong forms.
bool isUtf8(std::string_view bytes);

}  // namespace xkv::text
