// SPDX-License-Identifier: Apache-2.0
/// The rules for a file's text catch what they are there for.
#include "tests/architecture/text_rules.h"

#include <gmock/gmock.h>

namespace xkv::architecture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kApache = "// SPDX-License-Identifier: Apache-2.0\n/// Why it exists.\n";
const std::string kGpl = "// SPDX-License-Identifier: GPL-3.0-or-later\n/// Why it exists.\n";

std::vector<std::string> check(const std::string& path, const std::string& text) {
  return textViolations(parseSource(path, text));
}

std::string linesUpTo(size_t count) {
  std::string text = kApache;
  for (size_t line = 2; line < count; ++line) text += "\n";
  return text;
}

TEST(TextRules, TheFirstLineIsTheLicenceOfItsFolder) {
  EXPECT_THAT(check("engine/a.cpp", kApache), IsEmpty());
  EXPECT_THAT(check("views/a.cpp", kGpl), IsEmpty());
  EXPECT_THAT(check("views/a.cpp", kApache), ElementsAre(HasSubstr("views/a.cpp:1:")));
  EXPECT_THAT(check("app/window/a.cpp", kApache), ElementsAre(HasSubstr("GPL-3.0-or-later")));
  EXPECT_THAT(check("app/cli/a.cpp", kGpl), ElementsAre(HasSubstr("Apache-2.0")));
  EXPECT_THAT(check("tests/views/a.cpp", kGpl), IsEmpty());
  EXPECT_THAT(check("tests/views/a.cpp", kApache), IsEmpty());
  EXPECT_THAT(check("tests/views/a.cpp", "\n\n"), testing::SizeIs(2));
  EXPECT_THAT(check("engine/a.cpp", "\n" + kApache), testing::SizeIs(2));
  EXPECT_THAT(check("engine/a.cpp", ""), testing::SizeIs(2));
}

TEST(TextRules, TheSecondLineIsTheReason) {
  EXPECT_THAT(check("engine/a.cpp", "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"),
              ElementsAre(HasSubstr("engine/a.cpp:2:")));
}

TEST(TextRules, LengthHasALimit) {
  EXPECT_THAT(check("engine/a.h", linesUpTo(200)), IsEmpty());
  EXPECT_THAT(check("engine/a.h", linesUpTo(201)), ElementsAre(HasSubstr("201 lines")));
  EXPECT_THAT(check("engine/a.cpp", linesUpTo(500)), IsEmpty());
  EXPECT_THAT(check("engine/a.cpp", linesUpTo(501)), ElementsAre(HasSubstr("501 lines")));
}

TEST(TextRules, SomeWordsDoNotOccur) {
  const std::string skip = "GTEST_";
  EXPECT_THAT(check("tests/a_test.cpp", kApache + skip + "SKIP();\n"),
              ElementsAre(HasSubstr("tests/a_test.cpp:3: holds")));
  const std::string later = "// TO";
  EXPECT_THAT(check("engine/a.cpp", kApache + later + "DO: later\n"), testing::SizeIs(1));
  const std::string torch = "#include <torch/";
  EXPECT_THAT(check("engine/a.cpp", kApache + torch + "torch.h>\n"), testing::SizeIs(1));
}

TEST(TextRules, NamesSaySomething) {
  EXPECT_THAT(check("engine/utils.cpp", kApache), testing::SizeIs(1));
  EXPECT_THAT(check("engine/common.h", kApache), testing::SizeIs(1));
}

}  // namespace
}  // namespace xkv::architecture
