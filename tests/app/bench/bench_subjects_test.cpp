// SPDX-License-Identifier: Apache-2.0
/// Subjects that run a whole model or the what-if, at small sizes.
#include "app/bench/bench_subjects.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>

#include "engine/checkpoint/random_model.h"

namespace xkv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BenchSubjects : public ::testing::Test {
 protected:
  BenchSubjects() {
    std::string name = "/tmp/xkv-bench-test-XXXXXX";
    dir = mkdtemp(name.data());
    RandomModelSpec spec;
    spec.like = ModelLike::custom;
    spec.num_layers = 5;
    spec.custom = {.hidden_size = 32,
                   .intermediate_size = 48,
                   .num_heads = 4,
                   .num_kv_heads = 2,
                   .head_dim = 8,
                   .vocab_size = 40,
                   .max_position_embeddings = 64,
                   .tie_word_embeddings = true};
    spec.out = dir + "/model";
    const auto written = writeRandomModel(spec, {}, {});
    EXPECT_TRUE(written) << written.error().message;
  }
  ~BenchSubjects() override { std::filesystem::remove_all(dir); }

  BenchRequest small(BenchSubject subject) const {
    BenchRequest request;
    request.subject = subject;
    request.model_dir = dir + "/model";
    request.tokens = 40;
    request.repeat = 2;
    request.max_new_tokens = 4;
    request.num_threads = 1;
    return request;
  }

  static BenchTable tableOf(const BenchRequest& request) {
    auto table = measured(request, {}, {});
    EXPECT_TRUE(table) << table.error().message;
    return table ? *table : BenchTable{};
  }

  static double figureOf(const BenchTable& table, const std::string& scheme,
                         const std::string& name) {
    const BenchRow* const row = table.row(scheme);
    if (row == nullptr) return std::nan("");
    for (const BenchFigure& figure : row->figures)
      if (figure.name == name) return figure.value;
    return std::nan("");
  }

  std::string dir;
};

TEST_F(BenchSubjects, PrefillIsDenseBesideXkv) {
  const BenchTable table = tableOf(small(BenchSubject::prefill));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.row("dense")->samples_ns.size(), 2U);
  EXPECT_EQ(table.row("xkv-4")->samples_ns.size(), 2U);
  const double median = table.row("dense")->spread()->median;
  EXPECT_DOUBLE_EQ(figureOf(table, "dense", "tokens_per_second"), 1e9 * 40 / median);
  const double share = figureOf(table, "xkv-4", "share_of_factors");
  EXPECT_GT(share, 0);
  EXPECT_LT(share, 1);
  EXPECT_THAT(table.notes, ElementsAre("model model with random weights"));
  EXPECT_EQ(table.device, "CPU, 1 thread");
}

TEST_F(BenchSubjects, DecodeHasASampleForEveryStep) {
  const BenchTable table = tableOf(small(BenchSubject::decode));
  for (const char* scheme : {"dense", "xkv-4"}) {
    ASSERT_NE(table.row(scheme), nullptr);
    // The first of four tokens comes from the prompt's own logits.
    EXPECT_EQ(table.row(scheme)->samples_ns.size(), 2U * 3U) << scheme;
    EXPECT_DOUBLE_EQ(figureOf(table, scheme, "tokens_per_second"),
                     1e9 / table.row(scheme)->spread()->median);
  }
}

TEST_F(BenchSubjects, AnalysisIsAShareOfThePrefill) {
  const BenchTable table = tableOf(small(BenchSubject::analysis));
  EXPECT_DOUBLE_EQ(
      figureOf(table, "analysis", "share_of_prefill"),
      table.row("analysis")->spread()->median / table.row("prefill")->spread()->median);
}

TEST_F(BenchSubjects, WhatIfMeasuresAFrameOfTheSliderAndOfRegrouping) {
  BenchRequest request = small(BenchSubject::what_if);
  request.num_layers = 6;
  request.kv_dim = 16;
  request.repeat = 20;
  const BenchTable table = tableOf(request);
  EXPECT_EQ(table.row("slider")->samples_ns.size(), 20U);
  EXPECT_EQ(table.row("regroup")->samples_ns.size(), 20U);
}

TEST_F(BenchSubjects, TheEnginesOwnAreReachedWithTheirSizes) {
  BenchRequest request = small(BenchSubject::factor);
  request.kv_dim = 16;
  request.num_layers = 3;
  request.rank = 5;
  EXPECT_THAT(tableOf(request).sizes,
              ElementsAre(std::pair("seq_len", 40), std::pair("kv_dim", 16),
                          std::pair("num_layers", 3), std::pair("rank", 5)));
  request = small(BenchSubject::attention);
  request.num_heads = 2;
  request.num_kv_heads = 1;
  request.head_dim = 8;
  request.rank_k = 3;
  request.rank_v = 4;
  request.schemes = {"low-rank"};
  const BenchTable table = tableOf(request);
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.sizes[3], std::pair(std::string("head_dim"), int64_t{8}));
}

TEST_F(BenchSubjects, WhatCannotBeMeasuredIsRefusedByName) {
  BenchRequest request = small(BenchSubject::prefill);
  request.tokens = 65;
  auto table = measured(request, {}, {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(table.error().message, HasSubstr("65 tokens, the model's context is 64"));
  request = small(BenchSubject::decode);
  request.model_dir = dir + "/none";
  EXPECT_THAT(measured(request, {}, {}).error().message, HasSubstr("none"));
  request = small(BenchSubject::decode);
  request.schemes = {"fast"};
  table = measured(request, {}, {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::usage);
  EXPECT_EQ(table.error().message, "decode has no scheme 'fast'; it has dense, xkv-4");
}

TEST_F(BenchSubjects, AStopWhileTheModelIsMadeLeavesNoFolderBehind) {
  const std::string folder = dir + "/temporary";
  std::filesystem::create_directory(folder);
  setenv("TMPDIR", folder.c_str(), 1);
  std::stop_source stop;
  BenchRequest request = small(BenchSubject::prefill);
  request.model_dir.reset();
  const auto table = measured(
      request, [&](const std::string&, int64_t, int64_t) { stop.request_stop(); },
      stop.get_token());
  unsetenv("TMPDIR");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_FALSE(table->complete);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace xkv
