// SPDX-License-Identifier: Apache-2.0
/// Folders with random weights: whole models of the published sizes, or nothing at all.
#include "engine/checkpoint/random_model.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/model_geometries.h"
#include "engine/checkpoint/weight_list.h"
#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;

RandomModelSpec smallSpec(const std::string& out) {
  RandomModelSpec spec;
  spec.like = ModelLike::custom;
  spec.num_layers = 2;
  spec.custom.hidden_size = 16;
  spec.custom.intermediate_size = 24;
  spec.custom.num_heads = 4;
  spec.custom.num_kv_heads = 2;
  spec.custom.vocab_size = 32;
  spec.out = out;
  return spec;
}

Result<ModelShape> written(const RandomModelSpec& spec) { return writeRandomModel(spec, {}, {}); }

std::string refusal(const RandomModelSpec& spec, ErrorKind kind) {
  const auto shape = written(spec);
  if (shape) return "it was written";
  EXPECT_EQ(shape.error().kind, kind);
  return shape.error().message;
}

std::string contentOf(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

std::vector<std::string> filesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

/// All weights of a published model, from its config alone.
int64_t parametersLike(ModelLike like, std::optional<int64_t> num_layers = {}) {
  const TestFolder folder;
  RandomModelSpec spec;
  spec.like = like;
  spec.num_layers = num_layers;
  folder.write("config.json", randomModelConfig(spec));
  const auto config = readModelConfig(folder.path());
  if (!config) return -1;
  int64_t sum = 0;
  for (const ListedWeight& weight : weightList(*config)) {
    int64_t count = 1;
    for (const int64_t dim : weight.shape) count *= dim;
    sum += count;
  }
  return sum;
}

TEST(RandomModel, GeometriesHaveThePublishedNumbersOfParameters) {
  EXPECT_EQ(parametersLike(ModelLike::llama_8b), 8'030'261'248);
  EXPECT_EQ(parametersLike(ModelLike::qwen2_5_7b), 7'615'616'512);
  EXPECT_EQ(parametersLike(ModelLike::deepseek_v2_lite), 15'706'484'224);
}

TEST(RandomModel, FewerLayersAreThatManyLayersLess) {
  const int64_t layer = 2 * 4096 + (2 * 4096 + 2 * 1024) * 4096 + 3 * 4096 * 14336;
  EXPECT_EQ(parametersLike(ModelLike::llama_8b, 3),
            parametersLike(ModelLike::llama_8b) - 29 * layer);
}

TEST(RandomModel, IsAModelThatSaysItsWeightsAreRandom) {
  const TestFolder folder;
  for (const Dtype dtype : {Dtype::bf16, Dtype::fp16, Dtype::fp32}) {
    RandomModelSpec spec = smallSpec(folder / std::string(1, "bhf"[static_cast<int>(dtype)]));
    spec.dtype = dtype;
    const auto shape = written(spec);
    ASSERT_TRUE(shape) << shape.error().message;
    EXPECT_TRUE(shape->random_weights);
    const auto checkpoint = Checkpoint::open(spec.out);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->weightDtype(), dtype);
    EXPECT_EQ(checkpoint->numParameters(), shape->num_parameters);
    EXPECT_EQ(checkpoint->totalBytes(), shape->weight_bytes);
    EXPECT_TRUE(checkpoint->tensor("model.layers.1.self_attn.k_proj.weight", {8, 16}));
    EXPECT_TRUE(readModelConfig(spec.out)->shape.random_weights);
    EXPECT_THAT(filesIn(spec.out), testing::ElementsAre("config.json", "model.safetensors"));
  }
}

TEST(RandomModel, IsTheSameAgainAndAnotherOfAnotherSeed) {
  const TestFolder folder;
  RandomModelSpec spec = smallSpec(folder / "a");
  ASSERT_TRUE(written(spec));
  spec.out = folder / "b";
  ASSERT_TRUE(written(spec));
  spec.out = folder / "c";
  spec.seed = 1;
  ASSERT_TRUE(written(spec));
  const std::string a = contentOf(folder / "a/model.safetensors");
  EXPECT_EQ(contentOf(folder / "b/model.safetensors"), a);
  EXPECT_NE(contentOf(folder / "c/model.safetensors"), a);
}

TEST(RandomModel, IsSplitWhereItIsLargerThanAShard) {
  const TestFolder folder;
  RandomModelSpec spec = smallSpec(folder / "whole");
  ASSERT_TRUE(written(spec));
  spec.out = folder / "split";
  spec.max_shard_bytes = 2000;
  ASSERT_TRUE(written(spec));
  EXPECT_GT(filesIn(spec.out).size(), 4U);
  const auto whole = Checkpoint::open(folder / "whole");
  const auto split = Checkpoint::open(folder / "split");
  ASSERT_TRUE(split) << split.error().message;
  EXPECT_EQ(split->names(), whole->names());
  // The same weights, wherever they lie.
  const auto a = whole->tensor("lm_head.weight", {32, 16});
  const auto b = split->tensor("lm_head.weight", {32, 16});
  EXPECT_EQ(std::memcmp(a->data, b->data, static_cast<size_t>(a->num_bytes)), 0);
  for (const auto& entry : std::filesystem::directory_iterator(spec.out)) {
    if (entry.path().extension() != ".safetensors") continue;
    EXPECT_LT(entry.file_size(), 2000U + 1500U) << entry.path();  // with its header
  }
}

TEST(RandomModel, SaysHowFarItIs) {
  const TestFolder folder;
  int64_t last = 0;
  const auto shape = writeRandomModel(
      smallSpec(folder / "m"),
      [&](int64_t done, int64_t total) {
        EXPECT_GT(done, last);
        EXPECT_LE(done, total);
        last = done;
      },
      {});
  ASSERT_TRUE(shape);
  EXPECT_EQ(last, shape->weight_bytes);
}

TEST(RandomModel, AnInterruptTakesAwayWhatWasWritten) {
  const TestFolder folder;
  std::stop_source stop;
  const WriteProgress stopping = [&](int64_t done, int64_t total) {
    if (done > total / 2) stop.request_stop();
  };
  RandomModelSpec spec = smallSpec(folder / "new");
  spec.max_shard_bytes = 2000;
  auto shape = writeRandomModel(spec, stopping, stop.get_token());
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().kind, ErrorKind::interrupted);
  EXPECT_FALSE(std::filesystem::exists(spec.out));
  // A folder that was there stays, empty as it was.
  spec.out = folder / "old";
  std::filesystem::create_directory(spec.out);
  EXPECT_FALSE(writeRandomModel(spec, stopping, stop.get_token()));
  EXPECT_TRUE(std::filesystem::is_empty(spec.out));
}

TEST(RandomModel, AFolderWithFilesIsLeftAlone) {
  const TestFolder folder;
  folder.write("m/mine", "mine");
  EXPECT_THAT(refusal(smallSpec(folder / "m"), ErrorKind::bad_input),
              HasSubstr("m holds files already"));
  EXPECT_THAT(filesIn(folder / "m"), testing::ElementsAre("mine"));
  EXPECT_THAT(refusal(smallSpec(folder / "m/mine"), ErrorKind::bad_input),
              HasSubstr("is no folder"));
  EXPECT_THAT(refusal(smallSpec(folder / "m/mine/x"), ErrorKind::failure),
              HasSubstr("cannot be made"));
}

TEST(RandomModel, SizesThatMakeNoModelAreRefusedByTheConfigsReader) {
  const TestFolder folder;
  RandomModelSpec spec = smallSpec(folder / "m");
  spec.custom.num_kv_heads = 3;
  EXPECT_THAT(refusal(spec, ErrorKind::bad_input), HasSubstr("num_key_value_heads 3"));
  spec = smallSpec(folder / "m");
  spec.custom.head_dim = 7;
  EXPECT_THAT(refusal(spec, ErrorKind::bad_input), HasSubstr("head_dim is 7"));
  EXPECT_FALSE(std::filesystem::exists(folder / "m"));
}

TEST(RandomModel, WhatNoDiskHoldsIsRefusedBeforeItIsWritten) {
  const TestFolder folder;
  RandomModelSpec spec = smallSpec(folder / "m");
  spec.custom.hidden_size = 1 << 24;
  spec.custom.intermediate_size = 1 << 24;
  spec.num_layers = 10'000;  // an int64 does not hold the bytes
  EXPECT_THAT(refusal(spec, ErrorKind::failure), HasSubstr("9223372036854775807 bytes are needed"));
  EXPECT_FALSE(std::filesystem::exists(spec.out));
}

/// A limit on file sizes behaves like a full disk.
TEST(RandomModel, AFullDiskIsSaidAndLeavesNothing) {
  const TestFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string said = refusal(smallSpec(folder / "m"), ErrorKind::failure);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(said, HasSubstr("model.safetensors: 4096 of "));
  EXPECT_FALSE(std::filesystem::exists(folder / "m"));
}

}  // namespace
}  // namespace xkv
