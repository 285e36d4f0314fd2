// SPDX-License-Identifier: Apache-2.0
/// What patterns find: expected values come from the reference library's own splitter.
#include "engine/text/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/text/split_behavior.h"

namespace xkv::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> split(std::string_view pattern, std::string_view text,
                               SplitBehavior behavior = SplitBehavior::isolated) {
  const auto regex = Regex::compile(pattern);
  if (!regex) return {regex.error().message};
  const auto matches = regex->findAll(text);
  if (!matches) return {matches.error().message};
  std::vector<std::string> parts;
  for (const Match& part : splitAt(*matches, text.size(), false, behavior)) {
    parts.emplace_back(text.substr(part.begin, part.end - part.begin));
  }
  return parts;
}

std::string refusalOf(std::string_view pattern) {
  const auto regex = Regex::compile(pattern);
  return regex ? "" : regex.error().message;
}

TEST(RegexTest, LinesEndBeforeEachNewlineAndAtTheEnd) {
  EXPECT_THAT(split("\\s+$", "a  \nb  \n"), ElementsAre("a", "  ", "\nb", "  \n"));
  EXPECT_THAT(split("^b", "a\nb\n"), ElementsAre("a\n", "b", "\n"));
  EXPECT_THAT(split("(?m).b", "a\nb"), ElementsAre("a", "\nb"));
  EXPECT_THAT(split(".", "a\nb"), ElementsAre("a", "\n", "b"));
}

TEST(RegexTest, EmptyMatchesCutButNotBehindAMatch) {
  EXPECT_THAT(split("a*", "baac"), ElementsAre("b", "aa", "c"));
  EXPECT_THAT(split("", "é1"), ElementsAre("é", "1"));
}

TEST(RegexTest, IntervalsAreNeitherPossessiveNorLazy) {
  EXPECT_THAT(split("a{1,2}+", "aaaaab"), ElementsAre("aaaaa", "b"));
  EXPECT_THAT(split("a{2}?", "aaaa"), ElementsAre("aa", "aa"));
  EXPECT_THAT(split("a{,2}", "aaab"), ElementsAre("aa", "a", "b"));
  EXPECT_THAT(split("(ab){1,2}+c", "xababababc"), ElementsAre("x", "ababababc"));
  EXPECT_THAT(split("a{x}", "a{x}"), ElementsAre("a{x}"));
}

TEST(RegexTest, LettersNewerThanThePcreLibraryAreLetters) {
  // U+10D4A is a letter and U+10D40 a digit since Unicode 16.
  EXPECT_THAT(split("\\p{L}", "\xF0\x90\xB5\x8A!"), ElementsAre("\xF0\x90\xB5\x8A", "!"));
  EXPECT_THAT(split("\\d", "\xF0\x90\xB5\x80!"), ElementsAre("\xF0\x90\xB5\x80", "!"));
  EXPECT_THAT(split("[^\\s\\p{L}\\p{N}]+", "a\xC2\x85?!b"), ElementsAre("a\xC2\x85", "?!", "b"));
  EXPECT_THAT(split("[^\\P{L}]+", "1é2"), ElementsAre("1", "é", "2"));
}

TEST(RegexTest, CaseFoldingKnowsTheLongS) {
  EXPECT_THAT(split("(?i:'s|'re)", "it'ſ we'RE"), ElementsAre("it", "'ſ", " we", "'RE"));
}

TEST(RegexTest, ClassesInsideClassesAreUnions) {
  EXPECT_THAT(split("[^(\\s|[.,!])]+", "ab (c),d!"), ElementsAre("ab", " (", "c", "),", "d", "!"));
  EXPECT_THAT(split("[a[bc]d]+", "xabcdx"), ElementsAre("x", "abcd", "x"));
  EXPECT_THAT(split("[]a]+", "]a-"), ElementsAre("]a", "-"));
}

TEST(RegexTest, EachBehavior) {
  const std::string_view text = "-a--b-c--";
  EXPECT_THAT(split("-", text, SplitBehavior::removed), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("-", text, SplitBehavior::merged_with_previous),
              ElementsAre("-", "a-", "-", "b-", "c-", "-"));
  EXPECT_THAT(split("-", text, SplitBehavior::merged_with_next),
              ElementsAre("-a", "-", "-b", "-c", "-", "-"));
  EXPECT_THAT(split("-", text, SplitBehavior::contiguous),
              ElementsAre("-", "a", "--", "b", "-", "c", "--"));
}

TEST(RegexTest, ABadPatternIsRefusedWithItsPosition) {
  EXPECT_THAT(refusalOf("ab(c"), HasSubstr("position"));
  EXPECT_THAT(refusalOf("\\p{L}\\p{L}*+**"), HasSubstr("position 12"));
  EXPECT_THAT(refusalOf("a[b&&c]"), HasSubstr("intersection of classes at position 3"));
  for (const char* pattern :
       {"[a",    "\\",       "\\p",      "\\pL",     "\\p{Nothing}", "(*COMMIT)a",
        "(?C1)", "(?R)",     "\\Ka",     "\\C",      "[[:alpha:]]",  "\\x{110000}",
        "\\x",   "\\u12",    "(?s:.)",   "[^a[^b]]", "(?#",          "*a",
        "{2}",   "a{99999}", "(?<=a*)b", ")"}) {
    EXPECT_NE(refusalOf(pattern), "") << pattern;
  }
}

TEST(RegexTest, HugePatternsAreRefusedSoon) {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "\\P{L}";
  EXPECT_THAT(refusalOf(many), HasSubstr("too many classes"));
  EXPECT_NE(refusalOf(std::string(100'000, '[')), "");
  EXPECT_NE(refusalOf(std::string(100'000, '(')), "");
}

TEST(RegexTest, EndlessBacktrackingBecomesAnError) {
  const auto parts = split("(a+)+$", std::string(60, 'a') + "!");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_THAT(parts[0], HasSubstr("match limit"));
}

}  // namespace
}  // namespace xkv::text
