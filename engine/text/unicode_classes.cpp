// SPDX-License-Identifier: Apache-2.0
/// The tables of the generated file as sorted ranges, and the word classes built on them.
#include "engine/text/unicode_classes.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <map>

namespace xkv::text {
namespace {

#include "engine/text/unicode_classes.inc"

constexpr char32_t kEnd = 0x110000;
constexpr char32_t kFirstSurrogate = 0xD800, kLastSurrogate = 0xDFFF;

CodePointSet fromSteps(std::span<const uint32_t> steps) {
  std::vector<CodePointRange> ranges;
  char32_t next = 0;
  for (std::size_t i = 0; i + 1 < steps.size(); i += 2) {
    const char32_t first = next + steps[i];
    next = first + steps[i + 1];
    ranges.push_back({first, next - 1});
  }
  return CodePointSet(std::move(ranges));
}

bool isCircledLetter(char32_t c) {  // symbols that are Alphabetic all the same
  return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
         (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

template <class Predicate>
CodePointSet select(Predicate holds) {
  std::vector<CodePointRange> ranges;
  for (char32_t c = 0; c < kEnd; ++c) {
    if ((c >= kFirstSurrogate && c <= kLastSurrogate) || !holds(c)) continue;
    if (!ranges.empty() && ranges.back().last + 1 == c) {
      ranges.back().last = c;
    } else {
      ranges.push_back({c, c});
    }
  }
  return CodePointSet(std::move(ranges));
}

bool isDecimalDigit(char32_t c) {
  static const CodePointSet kNumbers = fromSteps(kNumber);
  const auto type = u_charType(static_cast<UChar32>(c));
  // A number that ICU does not know yet is a decimal digit: no newer version added others.
  return kNumbers.contains(c) && type != U_OTHER_NUMBER && type != U_LETTER_NUMBER;
}

bool isRegexWord(char32_t c) {
  static const CodePointSet& letter = *generalCategory("L");
  static const CodePointSet& mark = *generalCategory("M");
  static const CodePointSet& number = *generalCategory("N");
  const auto code_point = static_cast<UChar32>(c);
  if (letter.contains(c) || mark.contains(c) || isCircledLetter(c)) return true;
  if (number.contains(c)) return c < 0x100 || u_charType(code_point) != U_OTHER_NUMBER;
  return u_charType(code_point) == U_CONNECTOR_PUNCTUATION;
}

}  // namespace

CodePointSet::CodePointSet(std::vector<CodePointRange> ranges) : ranges_(std::move(ranges)) {}

bool CodePointSet::contains(char32_t value) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), value,
                       [](char32_t c, const CodePointRange& r) { return c < r.first; });
  return after != ranges_.begin() && value <= std::prev(after)->last;
}

CodePointSet CodePointSet::complement() const {
  std::vector<CodePointRange> ranges;
  char32_t next = 0;
  const auto addUpTo = [&](char32_t end) {  // surrogates are cut out
    if (next < kFirstSurrogate) {
      if (next < end) ranges.push_back({next, std::min(end, kFirstSurrogate) - 1});
      next = kLastSurrogate + 1;
    }
    if (next < end && end > kLastSurrogate) ranges.push_back({next, end - 1});
  };
  for (const auto& range : ranges_) {
    addUpTo(range.first);
    next = range.last + 1;
  }
  addUpTo(kEnd);
  return CodePointSet(std::move(ranges));
}

const CodePointSet& whiteSpace() {
  static const CodePointSet set = fromSteps(kWhiteSpace);
  return set;
}

const CodePointSet& numeric() {
  static const CodePointSet set = fromSteps(kNumeric);
  return set;
}

const CodePointSet& wordCharacters() {
  static const CodePointSet set = select([](char32_t c) {
    if (c == 0x200C || c == 0x200D) return true;
    return isRegexWord(c) && !(c < 0x100 && u_charType(static_cast<UChar32>(c)) == U_OTHER_NUMBER);
  });
  return set;
}

const CodePointSet& regexWordCharacters() {
  static const CodePointSet set = select(isRegexWord);
  return set;
}

const CodePointSet* generalCategory(std::string_view name) {
  static const std::map<std::string_view, CodePointSet> kSets{{"L", fromSteps(kLetter)},
                                                              {"Lu", fromSteps(kUppercaseLetter)},
                                                              {"Ll", fromSteps(kLowercaseLetter)},
                                                              {"Lt", fromSteps(kTitlecaseLetter)},
                                                              {"Lm", fromSteps(kModifierLetter)},
                                                              {"Lo", fromSteps(kOtherLetter)},
                                                              {"M", fromSteps(kMark)},
                                                              {"N", fromSteps(kNumber)},
                                                              {"P", fromSteps(kPunctuation)},
                                                              {"Nd", select(isDecimalDigit)}};
  const auto found = kSets.find(name);
  return found == kSets.end() ? nullptr : &found->second;
}

}  // namespace xkv::text
