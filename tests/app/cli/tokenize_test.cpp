// SPDX-License-Identifier: Apache-2.0
/// `xkv tokenize` line by line, over the tokenizer of the demo model.
#include <gmock/gmock.h>

#include "tests/app/cli/program_under_test.h"

namespace xkv::cli {
namespace {

using ::testing::HasSubstr;

class Tokenize : public ProgramTest {
 protected:
  int tokenize(const std::string& lines, const std::vector<std::string>& flags = {}) {
    input = lines;
    std::vector<std::string> words = {"tokenize", "--model",
                                      XKV_SOURCE_DIR "/resources/demo-model"};
    words.insert(words.end(), flags.begin(), flags.end());
    return xkv(words);
  }
};

TEST_F(Tokenize, ThereAndBack) {
  ASSERT_EQ(tokenize("\"the code\"\n\"\"\n"), 0) << err;
  const std::string ids = out;
  EXPECT_THAT(ids, ::testing::MatchesRegex("\\[[0-9]+,[0-9]+\\]\n\\[\\]\n"));
  ASSERT_EQ(tokenize(ids, {"--decode"}), 0) << err;
  EXPECT_EQ(out, "\"the code\"\n\"\"\n");
}

TEST_F(Tokenize, SpecialTokensAreAddedAndLeftOut) {
  ASSERT_EQ(tokenize("\"the code\"\n"), 0);
  const std::string plain = out;
  ASSERT_EQ(tokenize("\"the code\"\n", {"--special"}), 0);
  EXPECT_GT(out.size(), plain.size());
  ASSERT_EQ(tokenize(out, {"--decode", "--skip-special"}), 0);
  EXPECT_EQ(out, "\"the code\"\n");
}

TEST_F(Tokenize, WrongLinesAreRefusedWithTheirNumber) {
  for (const char* wrong :
       {"the", "5", "[\"a\"]", "\"a", "\"a\" b", "{}", "\"\xff\"", "\"\\ud800\""}) {
    EXPECT_EQ(tokenize("\"the\"\n" + std::string(wrong) + "\n"), 6) << wrong;
    EXPECT_THAT(err, HasSubstr("standard input, line 2: has ")) << wrong;
  }
  for (const char* wrong :
       {"5", "\"a\"", "[1.5]", "[-1]", "[[1]]", "[1", "[\"a\"]", "[18446744073709551615]"})
    EXPECT_EQ(tokenize(std::string(wrong) + "\n", {"--decode"}), 6) << wrong;
  EXPECT_EQ(tokenize(std::string(1'000'000, '[') + "\n", {"--decode"}), 6);
  EXPECT_LT(err.size(), 300U);
}

TEST_F(Tokenize, AFolderWithoutTokenizerIsRefused) {
  EXPECT_EQ(xkv({"tokenize", "--model", dir}), 6);
  EXPECT_THAT(err, HasSubstr("tokenizer.json"));
}

}  // namespace
}  // namespace xkv::cli
