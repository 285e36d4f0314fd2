// SPDX-License-Identifier: Apache-2.0
/// A compiled pattern that finds what the reference library's regex engine would find.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiling/records/result.h"

namespace xkv::text {

struct Match {
  std::size_t begin;
  std::size_t end;
};

/// Immutable; safe to use from several threads.
class Regex {
 public:
  /// The sentence says what is wrong, and at which position of `pattern`.
  static Result<Regex> compile(std::string_view pattern);

  /// All matches from left to right; they do not overlap. `text` must be valid UTF-8. A failure if
  /// the pattern backtracks beyond the limit.
  Result<std::vector<Match>> findAll(std::string_view text) const;

 private:
  explicit Regex(std::shared_ptr<const void> code) : code_(std::move(code)) {}
  std::shared_ptr<const void> code_;  // pcre2_code, kept out of this header
};

}  // namespace xkv::text
