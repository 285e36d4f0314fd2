// SPDX-License-Identifier: Apache-2.0
/// A pattern of the reference library's regex engine, rewritten for PCRE2.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "profiling/records/result.h"

namespace xkv::text {

struct TranslatedPattern {
  std::string pattern;  // for PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE with newline LF
  /// (position in `pattern`, position in the source), ascending.
  std::vector<std::pair<std::size_t, std::size_t>> positions;

  std::size_t sourcePosition(std::size_t position) const;
};

/// The reference library runs Oniguruma with Ruby's syntax. Rewritten are: \p{..}, \s, \w, \d, \b
/// and \h (other Unicode versions, other sets), (?m:..) (another meaning), \u and \v, {n,m}+ and
/// {n}? (no possessive or lazy forms there), character classes inside classes. Scripts and the
/// rarer properties keep PCRE2's Unicode version. bad_input with the position: what has no exact
/// counterpart (&&, POSIX classes, \K, \C, (?C), verbs such as (*COMMIT)).
Result<TranslatedPattern> translateRegex(std::string_view source);

}  // namespace xkv::text
