// SPDX-License-Identifier: Apache-2.0
/// GPT-2's alphabet: each byte as one printable character, so that byte-level tokens are text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xkv::text {

/// The bytes of a text as characters of the alphabet: " a" becomes "Ġa".
std::string toByteAlphabet(std::string_view bytes);

/// Back again; none if a character is not in the alphabet.
std::optional<std::string> fromByteAlphabet(std::string_view text);

}  // namespace xkv::text
