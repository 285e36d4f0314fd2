// SPDX-License-Identifier: Apache-2.0
/// Python's methods of str as the chat templates of the model families use them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xkv::text {

/// str.strip(): white space of all Unicode at both ends. `text` is UTF-8.
std::string_view stripped(std::string_view text);

/// str.lstrip(c), str.rstrip(c) and str.strip(c) with one ASCII character.
std::string_view leftStripped(std::string_view text, char c);
std::string_view rightStripped(std::string_view text, char c);
std::string_view stripped(std::string_view text, char c);

/// str.split(separator)[0] and str.split(separator)[-1].
std::string_view beforeFirst(std::string_view text, std::string_view separator);
std::string_view behindLast(std::string_view text, std::string_view separator);

/// len(str): code points.
std::size_t lengthOf(std::string_view text);

/// json.dumps(str, ensure_ascii=False).
std::string jsonQuoted(std::string_view text);

}  // namespace xkv::text
