// SPDX-License-Identifier: Apache-2.0
/// Bad tokenizer files: each is refused with a sentence that names the file and the piece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "tests/text/model_folder.h"

namespace xkv {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

std::string refusalOfBytes(std::string_view bytes) {
  const WrittenFolder folder;
  folder.write("tokenizer.json", bytes);
  const auto opened = Tokenizer::open(folder.path());
  EXPECT_FALSE(opened.has_value());
  return opened ? "" : opened.error().message;
}

/// smallBpe() with one value replaced.
std::string refusalWith(const char* pointer, const Json& value) {
  Json json = smallBpe();
  json[Json::json_pointer(pointer)] = value;
  return refusal(json);
}

TEST(HostileFileTest, WhatIsNoFile) {
  const WrittenFolder folder;
  const auto sentence = [&] {
    const auto opened = Tokenizer::open(folder.path());
    return opened ? std::string() : opened.error().message;
  };
  const std::string path = folder.file("tokenizer.json");
  EXPECT_THAT(sentence(), AllOf(HasSubstr(path), HasSubstr("No such file")));
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(sentence(), HasSubstr("not a regular file"));
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_EQ(symlink("tokenizer.json", path.c_str()), 0);
  EXPECT_THAT(sentence(), AllOf(HasSubstr(path), HasSubstr("symbolic links")));
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  EXPECT_THAT(sentence(), HasSubstr("not a regular file"));
}

TEST(HostileFileTest, MoreValuesThanAnyVocabularyNeeds) {
  std::string many = "{\"model\": [1";
  for (int i = 0; i < 8'000'000; ++i) many += ",1";
  EXPECT_THAT(refusalOfBytes(many + "]}"), HasSubstr("more than 8000000 values"));
}

TEST(HostileFileTest, ALinkOutOfTheFolderIsNotFollowed) {
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    const WrittenFolder elsewhere;
    elsewhere.write(name, "{}");
    const WrittenFolder folder;
    folder.write("tokenizer.json", smallBpe().dump());
    unlink(folder.file(name).c_str());
    ASSERT_EQ(symlink(elsewhere.file(name).c_str(), folder.file(name).c_str()), 0);
    const auto opened = Tokenizer::open(folder.path());
    ASSERT_FALSE(opened) << name;
    EXPECT_THAT(opened.error().message,
                AllOf(HasSubstr(folder.file(name)), HasSubstr(elsewhere.file(name))));
  }
}

TEST(HostileFileTest, AFileFarTooLargeIsNotRead) {
  const WrittenFolder folder;
  folder.write("tokenizer.json", "{}");
  ASSERT_EQ(truncate(folder.file("tokenizer.json").c_str(), off_t{1} << 36), 0);
  const auto opened = Tokenizer::open(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("68719476736 bytes"));
}

TEST(HostileFileTest, WhatIsNoJson) {
  EXPECT_THAT(refusalOfBytes(""), HasSubstr("is empty"));
  EXPECT_THAT(refusalOfBytes("{\"model\": "), HasSubstr("not JSON at byte 11"));
  EXPECT_THAT(refusalOfBytes("{} // no"), HasSubstr("not JSON"));
  EXPECT_THAT(refusalOfBytes("{\"a\": \"\xFF\"}"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusalOfBytes(std::string_view("\xFF\xFE{\0}\0", 6)), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusalOfBytes("{\"a\": 1e999}"), HasSubstr("no double"));
  EXPECT_THAT(refusalOfBytes("[1, 2]"), HasSubstr("an object is needed"));
  EXPECT_THAT(refusalOfBytes("{\"a\": \"\\ud800\"}"), HasSubstr("not JSON"));
  EXPECT_THAT(refusalOfBytes("{}"), HasSubstr("model is missing"));
}

TEST(HostileFileTest, DeepNestingNeedsNoDeepStack) {
  EXPECT_THAT(refusalOfBytes(std::string(10'000'000, '[')), HasSubstr("deeper than 64"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(refusalOfBytes(objects), HasSubstr("deeper than 64"));
}

TEST(HostileFileTest, TypesThatAreNotSupportedAreNamed) {
  EXPECT_THAT(refusalWith("/model/type", "Unigram"), HasSubstr("model.type is \"Unigram\""));
  EXPECT_THAT(refusalWith("/model/type", "WordPiece"), HasSubstr("\"WordPiece\""));
  EXPECT_THAT(refusalWith("/normalizer", {{"type", "BertNormalizer"}}),
              HasSubstr("\"BertNormalizer\""));
  EXPECT_THAT(refusalWith("/pre_tokenizer", {{"type", "UnicodeScripts"}}),
              HasSubstr("\"UnicodeScripts\""));
  EXPECT_THAT(refusalWith("/decoder", {{"type", "WordPiece"}}),
              HasSubstr("decoder.type is \"WordPiece\""));
  EXPECT_THAT(refusalWith("/post_processor", {{"type", "Other"}}), HasSubstr("\"Other\""));
  EXPECT_THAT(refusalWith("/pre_tokenizer",
                          {{"type", "Sequence"}, {"pretokenizers", {{{"type", "\x1B[2J"}}}}}),
              HasSubstr("pre_tokenizer.pretokenizers[0].type is \"\\x1B[2J\""));
  EXPECT_THAT(refusalWith("/model/type", std::string(5000, 'x')), HasSubstr("xxx...\""));
}

TEST(HostileFileTest, IdsThatMakeNoSense) {
  EXPECT_THAT(refusalWith("/model/vocab/a", -1), HasSubstr("is -1"));
  EXPECT_THAT(refusalWith("/model/vocab/a", 4294967296), HasSubstr("is 4294967296"));
  EXPECT_THAT(refusalWith("/model/vocab/a", 0.5), HasSubstr("is 0.5"));
  EXPECT_THAT(refusalWith("/model/vocab/a", "0"), HasSubstr("is \"0\""));
  EXPECT_THAT(refusalWith("/model/vocab/a", 1),
              AllOf(HasSubstr("id 1"), HasSubstr("\"a\""), HasSubstr("\"b\"")));
  EXPECT_THAT(refusalWith("/model/vocab", Json::array({1})), HasSubstr("an array"));
}

TEST(HostileFileTest, AHugeIdCostsNoMemory) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["model"]["vocab"]["abc"] = 4294967295u;
  const auto opened = folder.open(json);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->idLimit(), int64_t{1} << 32);
  EXPECT_EQ(*opened->encode("abc", false), std::vector<int64_t>{4294967295});
}

TEST(HostileFileTest, NoIdIsLeftBehindTheLargest) {
  Json json = smallBpe();
  json["model"]["vocab"]["abc"] = 4294967295u;
  for (const char* content : {"abc", "new"}) {
    json["added_tokens"].push_back({{"id", 0},
                                    {"content", content},
                                    {"single_word", false},
                                    {"lstrip", false},
                                    {"rstrip", false},
                                    {"normalized", false},
                                    {"special", false}});
  }
  EXPECT_THAT(refusal(json), HasSubstr("no 32-bit id is left"));
}

TEST(HostileFileTest, MergesThatContradictTheVocabulary) {
  EXPECT_THAT(refusalWith("/model/merges/0", "a x"),
              AllOf(HasSubstr("merges[0]"), HasSubstr("\"x\"")));
  EXPECT_THAT(refusalWith("/model/merges/0", "b a"), HasSubstr("\"ba\""));
  EXPECT_THAT(refusalWith("/model/merges/1", "a b c"), HasSubstr("merges[1] is \"a b c\""));
  EXPECT_THAT(refusalWith("/model/merges/1", 7), HasSubstr("is 7"));
  EXPECT_THAT(refusalWith("/model/merges", nullptr), HasSubstr("merges is missing"));
  EXPECT_THAT(refusalWith("/model/dropout", 0.1), HasSubstr("random"));
}

TEST(HostileFileTest, AddedTokensOfAWrongShape) {
  EXPECT_THAT(refusalWith("/added_tokens", "x"), HasSubstr("added_tokens is \"x\""));
  EXPECT_THAT(refusalWith("/added_tokens", {{{"id", 9}, {"content", "x"}}}),
              HasSubstr("added_tokens[0]"));
  EXPECT_THAT(refusalWith("/added_tokens", {{{"id", -9}, {"content", "x"}}}), HasSubstr("is -9"));
  EXPECT_THAT(refusalWith("/added_tokens", {{{"id", 9}, {"content", std::string(2000, 'x')}}}),
              HasSubstr("2000 bytes"));
}

TEST(HostileFileTest, BadPatternsNameTheirPlace) {
  const Json split{{"type", "Split"},
                   {"pattern", {{"Regex", "(a"}}},
                   {"behavior", "Isolated"},
                   {"invert", false}};
  EXPECT_THAT(refusalWith("/pre_tokenizer", split),
              AllOf(HasSubstr("pre_tokenizer.pattern"), HasSubstr("position")));
}

TEST(HostileFileTest, ChainsThatWouldGrowWithoutEndAreRefused) {
  Json chain{{"type", "Sequence"}, {"normalizers", Json::array()}};
  for (int i = 0; i < 60; ++i) {
    chain["normalizers"].push_back(
        {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
  }
  EXPECT_THAT(refusalWith("/normalizer", chain), HasSubstr("grow too much"));
  chain["decoders"] = chain["normalizers"];
  EXPECT_THAT(refusalWith("/decoder", chain), HasSubstr("grow too much"));
  Json bytes{{"type", "Sequence"}, {"pretokenizers", Json::array()}};
  for (int i = 0; i < 60; ++i)
    bytes["pretokenizers"].push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}});
  EXPECT_THAT(refusalWith("/pre_tokenizer", bytes), HasSubstr("grow too much"));
}

TEST(HostileFileTest, AnUnknownTokenOutsideTheVocabularyFailsOnlyWhenNeeded) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["model"]["unk_token"] = "<none>";
  const auto opened = folder.open(json);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->encode("abc", false));
  const auto ids = opened->encode("x", false);
  ASSERT_FALSE(ids);
  EXPECT_THAT(ids.error().message, HasSubstr("<none>"));
}

TEST(HostileFileTest, EndlessBacktrackingIsSaidByEncode) {
  const WrittenFolder folder;
  Json json = smallBpe();
  json["pre_tokenizer"] = {{"type", "Split"},
                           {"pattern", {{"Regex", "(a+)+$"}}},
                           {"behavior", "Isolated"},
                           {"invert", false}};
  const auto opened = folder.open(json);
  ASSERT_TRUE(opened);
  const auto start = std::chrono::steady_clock::now();
  const auto ids = opened->encode(std::string(5000, 'a') + "b", false);
  ASSERT_FALSE(ids);
  EXPECT_THAT(ids.error().message, HasSubstr("limit"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(HostileFileTest, ABrokenConfigIsRefused) {
  const WrittenFolder folder;
  folder.write("tokenizer_config.json", "{\"add_bos_token\": 1}");
  auto opened = folder.open(smallBpe());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("add_bos_token is 1"));
  folder.write("tokenizer_config.json", "nonsense");
  opened = folder.open(smallBpe());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("tokenizer_config.json"));
}

}  // namespace
}  // namespace xkv
