// SPDX-License-Identifier: Apache-2.0
/// Ids and texts against what the Hugging Face libraries gave for ten tokenizer structures.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/text/tokenizer.h"

namespace xkv {
namespace {

using Ids = std::vector<int64_t>;

class GoldenTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string folder = std::string(XKV_SOURCE_DIR "/tests/text/data/") + GetParam();
    data_ = nlohmann::json::parse(std::ifstream(folder + "/cases.json"));
    ASSERT_GT(data_["cases"].size(), 300u);
    auto opened = Tokenizer::open(folder);
    ASSERT_TRUE(opened) << opened.error().message;
    tokenizer_ = std::make_unique<Tokenizer>(*std::move(opened));
  }

  Ids encode(const std::string& text, bool special) const {
    const auto ids = tokenizer_->encode(text, special);
    EXPECT_TRUE(ids) << ids.error().message;
    return ids.value_or(Ids{-1});
  }

  /// What the pieces of an incremental decoder make up; each must be whole characters.
  std::string joinedPieces(const Ids& ids, bool skip_special) const {
    IncrementalDecoder decoder(*tokenizer_, skip_special);
    std::string text;
    for (const int64_t id : ids) {
      const std::string piece = decoder.push(id);
      EXPECT_NO_THROW(nlohmann::json(piece).dump()) << "a part of a character was given out";
      text += piece;
    }
    return text + decoder.finish();
  }

  nlohmann::json data_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_P(GoldenTest, EncodesEachTextToTheSameIds) {
  for (const auto& one : data_["cases"]) {
    const auto text = one["text"].get<std::string>();
    EXPECT_EQ(encode(text, false), one["ids"].get<Ids>()) << one["text"].dump(-1, ' ', true);
    EXPECT_EQ(encode(text, true), one["ids_special"].get<Ids>()) << one["text"].dump(-1, ' ', true);
  }
}

TEST_P(GoldenTest, DecodesTheIdsToTheSameText) {
  for (const auto& one : data_["cases"]) {
    const auto ids = one["ids_special"].get<Ids>();
    const auto text = one["text"].get<std::string>();
    EXPECT_EQ(tokenizer_->decode(ids, false), one.value("decode", text));
    EXPECT_EQ(tokenizer_->decode(ids, true), one.value("decode_skip", text));
  }
}

TEST_P(GoldenTest, DecodesEachPrefixOfTheIds) {
  int prefixes = 0;
  for (const auto& one : data_["cases"]) {
    if (!one.contains("prefix_decodes")) continue;
    const auto ids = one["ids"].get<Ids>();
    for (std::size_t k = 0; k < one["prefix_decodes"].size(); ++k, ++prefixes) {
      const Ids prefix(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(k) + 1);
      EXPECT_EQ(tokenizer_->decode(prefix, false), one["prefix_decodes"][k].get<std::string>());
      EXPECT_EQ(joinedPieces(prefix, false), one["prefix_decodes"][k].get<std::string>());
    }
  }
  EXPECT_GT(prefixes, 100);
}

TEST_P(GoldenTest, IncrementalPiecesJoinToTheWholeText) {
  for (const auto& one : data_["cases"]) {
    const auto ids = one["ids_special"].get<Ids>();
    EXPECT_EQ(joinedPieces(ids, false), one.value("decode", one["text"].get<std::string>()));
    EXPECT_EQ(joinedPieces(ids, true), one.value("decode_skip", one["text"].get<std::string>()));
  }
}

TEST_P(GoldenTest, LongRunsKeepTheirIdsAndTakeNoLongTime) {
  const auto start = std::chrono::steady_clock::now();
  ASSERT_FALSE(data_["long_runs"].empty());
  for (const auto& run : data_["long_runs"]) {
    std::string text;
    for (int i = 0; i < run["count"]; ++i) text += run["unit"].get<std::string>();
    Ids wanted;
    for (const auto& [id, count] :
         run["id_runs"].get<std::vector<std::pair<int64_t, std::size_t>>>()) {
      wanted.insert(wanted.end(), count, id);
    }
    EXPECT_EQ(encode(text, false), wanted);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_P(GoldenTest, AllIdsAreBelowTheLimit) {
  int64_t largest = 0;
  for (const auto& one : data_["cases"]) {
    for (const int64_t id : one["ids_special"].get<Ids>()) largest = std::max(largest, id);
  }
  EXPECT_LT(largest, tokenizer_->idLimit());
  EXPECT_LT(tokenizer_->idLimit(), 2000);
  EXPECT_NE(tokenizer_->tokenText(tokenizer_->idLimit() - 1), "");
  EXPECT_EQ(tokenizer_->tokenText(tokenizer_->idLimit()), "");
}

INSTANTIATE_TEST_SUITE_P(Families, GoldenTest,
                         testing::Values("deepseek2", "flags", "flags_sp", "gpt2", "llama2",
                                         "llama3", "mistral_metaspace", "mistral_nemo", "qwen2",
                                         "wordlevel"),
                         [](const auto& family) { return std::string(family.param); });

}  // namespace
}  // namespace xkv
