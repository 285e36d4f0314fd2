// SPDX-License-Identifier: Apache-2.0
/// Which code points are letters, numbers, white space: in the versions that the reference library
/// uses.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace xkv::text {

struct CodePointRange {
  char32_t first;
  char32_t last;  // inclusive
};

/// Sorted ranges that neither touch nor overlap.
class CodePointSet {
 public:
  explicit CodePointSet(std::vector<CodePointRange> ranges);
  bool contains(char32_t value) const;
  const std::vector<CodePointRange>& ranges() const { return ranges_; }
  /// All other code points, surrogates left out.
  CodePointSet complement() const;

 private:
  std::vector<CodePointRange> ranges_;
};

/// \s of the regular expressions, and of lstrip, rstrip and WhitespaceSplit.
const CodePointSet& whiteSpace();
/// What the Digits pre-tokenizer takes for a digit.
const CodePointSet& numeric();
/// \w beside an added token: letters, marks, decimal digits, letter numbers, connectors, joiners.
const CodePointSet& wordCharacters();
/// \w in a regular expression: without the joiners, with the superscripts and fractions of Latin-1.
const CodePointSet& regexWordCharacters();
/// "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "N", "Nd", "P"; null for other names.
const CodePointSet* generalCategory(std::string_view name);

}  // namespace xkv::text
