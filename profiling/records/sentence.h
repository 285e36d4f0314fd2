// SPDX-License-Identifier: Apache-2.0
/// Puts names and numbers into the sentence of a failure: sentence("{} is {}", key, 5).
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace xkv {

namespace sentence_detail {

inline std::string textOf(std::string_view text) { return std::string(text); }
template <std::integral Number>
std::string textOf(Number number) {
  return std::to_string(number);
}
/// The shortest text that reads back as the same number; no exponent for whole ones of usual size.
template <std::floating_point Number>
std::string textOf(Number number) {
  if (number > -1e9 && number < 1e9 && number == static_cast<Number>(static_cast<long>(number))) {
    return std::to_string(static_cast<long>(number));
  }
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

}  // namespace sentence_detail

/// Each {} of the pattern becomes the next part. (The project's compiler has no std::format.)
template <class... Parts>
std::string sentence(std::string_view pattern, const Parts&... parts) {
  std::string out;
  const auto put = [&](const std::string& part) {
    const size_t gap = pattern.find("{}");
    out += pattern.substr(0, gap);
    out += part;
    pattern.remove_prefix(gap == std::string_view::npos ? pattern.size() : gap + 2);
  };
  (put(sentence_detail::textOf(parts)), ...);
  return out += pattern;
}

}  // namespace xkv
