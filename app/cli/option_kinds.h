// SPDX-License-Identifier: Apache-2.0
/// The kinds of options that commands have: numbers with a smallest value, words of an enum.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "profiling/records/printable.h"
#include "profiling/records/words.h"

namespace xkv::cli {

/// "--rank-k" with upstream's "--rank_k" behind it, and further spellings as they are.
std::string spellings(const std::string& name, const std::vector<std::string>& others = {});

/// "--rank-k is abc: ..." as CLI11 reports a wrong value.
[[noreturn]] inline void refuseValue(const std::string& flag, const std::string& value,
                                     const std::string& needed) {
  throw CLI::ValidationError(flag + " is '" + printable(value) + "', " + needed + " is needed");
}

template <class Number>
Number numberFrom(const std::string& flag, const std::string& value, Number smallest,
                  Number largest) {
  Number number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool integral = std::numeric_limits<Number>::is_integer;
  const std::string kind = integral ? "a whole number" : "a number";
  if (error != std::errc() || end != value.data() + value.size()) refuseValue(flag, value, kind);
  const auto shown = [](Number bound) { return CLI::detail::to_string(bound); };
  if (!(number >= smallest)) refuseValue(flag, value, kind + " of at least " + shown(smallest));
  if (!(number <= largest)) refuseValue(flag, value, kind + " of at most " + shown(largest));
  return number;
}

/// `target` may be a number or an optional of one.
template <class Number, class Target>
CLI::Option* addNumber(CLI::App& app, const std::string& names, Target& target, Number smallest,
                       const std::string& help,
                       Number largest = std::numeric_limits<Number>::max()) {
  const std::string flag = names.substr(0, names.find(','));
  return app
      .add_option_function<std::string>(
          names,
          [&target, flag, smallest, largest](const std::string& value) {
            target = numberFrom<Number>(flag, value, smallest, largest);
          },
          help)
      ->type_name("N");
}

CLI::Option* addTrueOrFalse(CLI::App& app, const std::string& names, std::optional<bool>& target,
                            const std::string& help);

/// `target` may be an enum or an optional of one.
template <class Enum, class Target>
CLI::Option* addWord(CLI::App& app, const std::string& names, Target& target,
                     const std::vector<Enum>& allowed, const std::string& help) {
  const std::string flag = names.substr(0, names.find(','));
  std::string words;
  for (const Enum value : allowed) words += (words.empty() ? "" : "|") + std::string(word(value));
  const auto take = [&target, flag, allowed, words](const std::string& text) {
    for (const Enum value : allowed) {
      if (word(value) == text) {
        target = value;
        return;
      }
    }
    refuseValue(flag, text, "one of " + words);
  };
  return app.add_option_function<std::string>(names, take, help)->type_name(words);
}

}  // namespace xkv::cli
