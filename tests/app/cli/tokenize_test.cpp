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
  write("tokenizer.json", R"({"added_tokens": [{"id": 0, "content": "<s>", "special": true,
      "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
      "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
      "model": {"type": "WordLevel", "vocab": {"<s>": 0, "a": 1, "?": 2}, "unk_token": "?"}})");
  input = "\"a\"\n";
  ASSERT_EQ(xkv({"tokenize", "--model", dir, "--special"}), 0) << err;
  EXPECT_EQ(out, "[0,1]\n");
  ASSERT_EQ(xkv({"tokenize", "--model", dir}), 0);
  EXPECT_EQ(out, "[1]\n");
  input = "[0,1]\n";
  ASSERT_EQ(xkv({"tokenize", "--model", dir, "--decode"}), 0);
  EXPECT_EQ(out, "\"<s> a\"\n");
  ASSERT_EQ(xkv({"tokenize", "--model", dir, "--decode", "--skip-special"}), 0);
  EXPECT_EQ(out, "\"a\"\n");
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
