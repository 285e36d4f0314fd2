// SPDX-License-Identifier: Apache-2.0
/// Rules that the reference families do not reach, on files small enough to check by eye.
#include "engine/text/tokenizer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/text/model_folder.h"

namespace xkv {
namespace {

using Ids = std::vector<int64_t>;
using Json = nlohmann::json;

Ids idsOf(const Json& tokenizer, std::string_view text, bool special = false) {
  const WrittenFolder folder;
  const auto opened = folder.open(tokenizer);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return {};
  }
  const auto ids = opened->encode(text, special);
  if (!ids) {
    ADD_FAILURE() << ids.error().message;
    return {};
  }
  return *ids;
}

Json addedToken(const char* content, bool special = false) {
  return {{"id", 6},         {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

TEST(TokenizerTest, MergesByRankThenFromTheLeft) {
  EXPECT_EQ(idsOf(smallBpe(), "abc"), Ids{4});
  EXPECT_EQ(idsOf(smallBpe(), "abab"), (Ids{3, 3}));
  EXPECT_EQ(idsOf(smallBpe(), ""), Ids{});
}

TEST(TokenizerTest, UnknownCharactersBecomeOneTokenEachOrAreFused) {
  Json json = smallBpe();
  EXPECT_EQ(idsOf(json, "xyazb"), (Ids{5, 5, 0, 5, 1}));
  json["model"]["fuse_unk"] = true;
  EXPECT_EQ(idsOf(json, "xyazb"), (Ids{5, 0, 5, 1}));
  json["model"]["unk_token"] = nullptr;
  EXPECT_EQ(idsOf(json, "xyazb"), (Ids{3})) << "unknown characters vanish, and a merges with b";
}

TEST(TokenizerTest, PrefixAndSuffixOfSubwords) {
  Json json = smallBpe();
  json["model"]["continuing_subword_prefix"] = "##";
  json["model"]["end_of_word_suffix"] = "$";
  json["model"]["vocab"] = {{"a", 0}, {"##b", 1}, {"##c$", 2}, {"ab", 3}, {"<unk>", 5}, {"b$", 6}};
  json["model"]["merges"] = Json::array({"a ##b"});
  EXPECT_EQ(idsOf(json, "abc"), (Ids{3, 2}));
  EXPECT_EQ(idsOf(json, "b"), (Ids{6}));
}

TEST(TokenizerTest, OldFilesNeedNoType) {
  Json json = smallBpe();
  json["model"].erase("type");
  EXPECT_EQ(idsOf(json, "abc"), Ids{4});
  json["model"].erase("merges");
  json["pre_tokenizer"] = {{"type", "Whitespace"}};
  EXPECT_EQ(idsOf(json, "ab? c"), (Ids{3, 5, 2}));
}

TEST(TokenizerTest, InvalidUtf8IsReplacedAndNulIsACharacter) {
  Json json = smallBpe();
  json["model"]["vocab"]["\xEF\xBF\xBD"] = 6;
  json["model"]["vocab"][std::string(1, '\0')] = 7;
  EXPECT_EQ(idsOf(json,
                  "a\xFF\xE4\xB8"
                  "b"),
            (Ids{0, 6, 6, 1}));
  EXPECT_EQ(idsOf(json, std::string_view("a\0b", 3)), (Ids{0, 7, 1}));
}

TEST(TokenizerTest, AddedIdsFollowTheVocabularyWhateverTheFileSays) {
  Json json = smallBpe();
  json["added_tokens"] = {addedToken("<x>"), addedToken("<y>"), addedToken("abc")};
  json["added_tokens"][0]["id"] = 4000000000u;
  EXPECT_EQ(idsOf(json, "<y><x>abc"), (Ids{7, 6, 4}));
}

TEST(TokenizerTest, WhiteSpaceIsSwallowedInLinearTime) {
  Json json = smallBpe();
  json["added_tokens"] = {addedToken(" ")};
  json["added_tokens"][0]["rstrip"] = true;
  json["added_tokens"][0]["lstrip"] = true;
  EXPECT_EQ(idsOf(json, std::string(200'000, ' ')).size(), 200'000u);
}

TEST(TokenizerTest, BosFromTheConfigOnlyWhereThePostProcessorAddsNothing) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["added_tokens"] = {addedToken("<s>", true)};
  folder.write(
      "tokenizer_config.json",
      R"({"add_bos_token": true, "bos_token": {"content": "<s>"}, "add_eos_token": false})");
  auto opened = folder.open(json);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(*opened->encode("a", true), (Ids{6, 0}));
  EXPECT_EQ(*opened->encode("a", false), (Ids{0}));
  json["post_processor"] = {{"type", "RobertaProcessing"}, {"cls", {"b", 1}}, {"sep", {"c", 2}}};
  opened = folder.open(json);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(*opened->encode("a", true), (Ids{1, 0, 2}));
}

TEST(TokenizerTest, ABosTokenThatDoesNotExistIsRefused) {
  const WrittenFolder folder;
  folder.write("tokenizer_config.json", R"({"add_bos_token": true, "bos_token": "<nowhere>"})");
  const auto opened = folder.open(smallBpe());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("<nowhere>"), std::string::npos);
}

TEST(TokenizerTest, UnknownIdsAreSkippedAndTokensJoinedBySpaces) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["added_tokens"] = {addedToken("<s>", true)};
  const auto opened = folder.open(json);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->decode({6, 3, -1, 99, 2}, false), "<s> ab c");
  EXPECT_EQ(opened->decode({6, 3, -1, 99, 2}, true), "ab c");
  EXPECT_EQ(opened->tokenText(3), "ab");
}

TEST(TokenizerTest, TokenTextKeepsTheSpaceOfAWord) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["model"]["vocab"] = {{"▁the", 0}, {"<0x0A>", 1}};
  json["model"]["merges"] = Json::array();
  json["decoder"] = Json::parse(R"({"type": "Sequence", "decoders": [
    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
    {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})");
  const auto opened = folder.open(json);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->tokenText(0), " the");
  EXPECT_EQ(opened->tokenText(1), "\n");
  EXPECT_EQ(opened->decode({0, 0}, false), "the the");
}

TEST(TokenizerTest, StripCutsBothEndsOfAFusedText) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["model"]["vocab"] = {{"a", 0}, {"-", 1}};
  json["model"]["merges"] = Json::array();
  json["decoder"] = Json::parse(R"({"type": "Sequence", "decoders": [
    {"type": "Fuse"}, {"type": "Strip", "content": "-", "start": 2, "stop": 2}]})");
  const auto opened = folder.open(json);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->decode({1, 1, 1, 0, 1, 1, 0, 1, 1, 1}, false), "-a--a-");
  EXPECT_EQ(opened->decode({1, 1, 1}, false), "");
}

TEST(TokenizerTest, MetaspaceFirstCountsOnlyAtTheVeryStart) {
  Json json = smallBpe();
  json["model"]["vocab"] = {{"▁", 0}, {"a", 1}, {"<unk>", 2}};
  json["model"]["merges"] = Json::array();
  json["added_tokens"] = {addedToken("<x>")};
  json["pre_tokenizer"] = {
      {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}};
  EXPECT_EQ(idsOf(json, "a<x>a a"), (Ids{0, 1, 3, 1, 0, 1}));
  json["pre_tokenizer"]["prepend_scheme"] = "always";
  EXPECT_EQ(idsOf(json, "a<x>a a"), (Ids{0, 1, 3, 0, 1, 0, 1}));
}

TEST(TokenizerTest, EmptyMatchesEnd) {
  Json json = smallBpe();
  json["pre_tokenizer"] = {{"type", "Split"},
                           {"pattern", {{"Regex", "x*"}}},
                           {"behavior", "Isolated"},
                           {"invert", false}};
  EXPECT_EQ(idsOf(json, "abxxab"), (Ids{0, 1, 5, 5, 0, 1}));
  json["pre_tokenizer"] = nullptr;
  json["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", ""}}}, {"content", "c"}};
  EXPECT_EQ(idsOf(json, "ab"), (Ids{2, 0, 2, 1, 2}));
}

TEST(TokenizerTest, SeveralThreadsMayUseOne) {
  const auto opened = Tokenizer::open(XKV_SOURCE_DIR "/tests/text/data/llama3");
  ASSERT_TRUE(opened);
  const auto wanted = *opened->encode("Several threads, one tokenizer: 12345 \n\n ok?", true);
  std::vector<std::thread> threads;
  std::atomic<int> equal = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        equal += *opened->encode("Several threads, one tokenizer: 12345 \n\n ok?", true) == wanted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(equal, 200);
}

}  // namespace
}  // namespace xkv
