// SPDX-License-Identifier: Apache-2.0
/// The class tables, UTF-8 and what is shown of a stranger's text.
#include <gtest/gtest.h>

#include "engine/text/byte_alphabet.h"
#include "engine/text/printable.h"
#include "engine/text/unicode_classes.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

std::size_t countOf(const CodePointSet& set) {
  std::size_t count = 0;
  for (const auto& range : set.ranges()) count += range.last - range.first + 1;
  return count;
}

TEST(UnicodeClassesTest, SizesOfTheVersionsThatTheReferenceLibraryHas) {
  EXPECT_EQ(countOf(*generalCategory("L")), 141028u);
  EXPECT_EQ(countOf(*generalCategory("Lu")), 1858u);
  EXPECT_EQ(countOf(*generalCategory("Nd")), 760u);
  EXPECT_EQ(countOf(whiteSpace()), 25u);
  EXPECT_EQ(countOf(wordCharacters()), 144667u);
  EXPECT_EQ(countOf(regexWordCharacters()), 144671u);
  EXPECT_EQ(generalCategory("Latin"), nullptr);
}

TEST(UnicodeClassesTest, EdgesAndComplement) {
  EXPECT_TRUE(whiteSpace().contains(0x85));
  EXPECT_FALSE(whiteSpace().contains(0x1C));
  EXPECT_FALSE(generalCategory("L")->contains('@'));
  EXPECT_TRUE(generalCategory("L")->contains('A'));
  EXPECT_TRUE(generalCategory("L")->contains('Z'));
  EXPECT_FALSE(generalCategory("L")->contains('['));
  const CodePointSet others = generalCategory("L")->complement();
  EXPECT_EQ(countOf(others) + countOf(*generalCategory("L")), 0x110000u - 0x800u);
  EXPECT_FALSE(others.contains(0xD800));
  EXPECT_TRUE(others.contains(0x10FFFF));
}

TEST(Utf8Test, EachMaximalBadPartIsReplacedOnce) {
  EXPECT_EQ(validUtf8("a\xF0\x9F\x94"), "a\uFFFD");
  EXPECT_EQ(validUtf8("\xC0\x80"), "\uFFFD\uFFFD");
  EXPECT_EQ(validUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(validUtf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(validUtf8("\xE4\xB8"
                      "a\xE4\xB8\x96"),
            "\uFFFD"
            "a世");
  EXPECT_FALSE(isUtf8("\xE4\xB8"));
  EXPECT_TRUE(isUtf8("世\xF4\x8F\xBF\xBF"));
}

TEST(Utf8Test, CodePointsGoBothWays) {
  for (const char32_t value :
       {U'\0', U'a', U'\u07FF', U'\u0800', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    appendUtf8(text, value);
    EXPECT_EQ(codePointAt(text, 0).value, value);
    EXPECT_EQ(codePointAt(text, 0).length, text.size());
    EXPECT_EQ(codePointBefore("x" + text, 1 + text.size()), 1u);
  }
}

TEST(ByteAlphabetTest, EachByteHasOneCharacter) {
  EXPECT_EQ(toByteAlphabet(" a\n\xFF"), "ĠaĊÿ");
  std::string all;
  for (int b = 0; b < 256; ++b) all += static_cast<char>(b);
  EXPECT_EQ(fromByteAlphabet(toByteAlphabet(all)), all);
  EXPECT_EQ(fromByteAlphabet("a b"), std::nullopt);
  EXPECT_EQ(fromByteAlphabet("▁"), std::nullopt);
}

TEST(PrintableTest, ShortAndSafeForATerminal) {
  EXPECT_EQ(printable("a\x1B[2J\n"), "a\\x1B[2J\\x0A");
  EXPECT_EQ(printable("é\xFF\u202E"), "\\u{E9}\\u{FFFD}\\u{202E}");
  EXPECT_EQ(printable(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(printable(std::string(81, 'x')), std::string(77, 'x') + "...");
  EXPECT_EQ(printable(std::string(1 << 20, '\xFF')).size(), 80u);
}

}  // namespace
}  // namespace xkv::text
