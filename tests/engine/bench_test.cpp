// SPDX-License-Identifier: Apache-2.0
/// The engine's benchmarks at small sizes: what they measure is what they say it is.
#include "engine/bench.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/weight_list.h"
#include "tests/engine/golden.h"

namespace xkv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr FactorBench kFactor{.seq_len = 96, .kv_dim = 24, .num_layers = 2, .rank = 12};
constexpr AttentionBench kAttention{.seq_len = 96,
                                    .num_heads = 4,
                                    .num_kv_heads = 2,
                                    .head_dim = 16,
                                    .rank_k = 12,
                                    .rank_v = 18};

BenchRounds twoRounds() {
  BenchRounds rounds;
  rounds.repeat = 2;
  return rounds;
}

std::vector<std::string> schemesOf(const BenchTable& table) {
  std::vector<std::string> names;
  for (const BenchRow& row : table.rows) names.push_back(row.scheme);
  return names;
}

double figureOf(const BenchTable& table, const std::string& scheme, const std::string& name) {
  for (const BenchFigure& figure : table.row(scheme)->figures)
    if (figure.name == name) return figure.value;
  return std::nan("");
}

TEST(FactorBench, MeasuresEveryBackEndAndBothRivals) {
  const auto table = benchFactor(kFactor, twoRounds());
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_TRUE(table->complete);
  EXPECT_THAT(schemesOf(*table), ElementsAre("exact", "gram-evd", "gram-subspace", "randomized",
                                             "linalg_svd", "svd_lowrank"));
  for (const BenchRow& row : table->rows) {
    EXPECT_EQ(row.samples_ns.size(), 2U) << row.scheme;
    EXPECT_GT(row.samples_ns.front(), 0) << row.scheme;
    EXPECT_EQ(row.is_rival, row.scheme.find("svd") != std::string::npos) << row.scheme;
  }
}

TEST(FactorBench, ErrorsAreThoseOfTheFactorsAgainstTheBestPossible) {
  for (const int64_t seq_len : {96, 40}) {  // the second is shorter than the group is wide
    FactorBench bench = kFactor;
    bench.seq_len = seq_len;
    const auto table = benchFactor(bench, twoRounds());
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_NEAR(figureOf(*table, "linalg_svd", "error_over_optimum"), 1, 1e-5);
    EXPECT_NEAR(figureOf(*table, "exact", "error_over_optimum"), 1, 1e-5);
    EXPECT_LE(figureOf(*table, "gram-subspace", "error_over_optimum"), 1.001);
    EXPECT_GT(figureOf(*table, "gram-subspace", "peak_bytes"), 0);
    // Without oversampling svd_lowrank stays above the optimum, and never below.
    EXPECT_GT(figureOf(*table, "svd_lowrank", "error_over_optimum"), 1.0001);
    EXPECT_GT(figureOf(*table, "exact", "error"), 0.01);
  }
}

TEST(FactorBench, RefusesARankThatTheRowsDoNotHave) {
  FactorBench bench = kFactor;
  bench.rank = 49;
  const auto table = benchFactor(bench, twoRounds());
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(table.error().message, HasSubstr("rank 49 is above 48"));
}

TEST(FactorBench, AStopBeforeItBeginsIsAnIncompleteTable) {
  std::stop_source stop;
  stop.request_stop();
  BenchRounds rounds = twoRounds();
  rounds.stop = stop.get_token();
  const auto table = benchFactor(kFactor, rounds);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_FALSE(table->complete);
  for (const BenchRow& row : table->rows) EXPECT_TRUE(row.samples_ns.empty());
}

TEST(AttentionBench, EverySchemeComputesTheSame) {
  const auto table = benchAttention(kAttention, twoRounds());
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(schemesOf(*table), ElementsAre("dense", "low-rank", "xkv-sr, hit rate 0", "xkv-sr, hit rate 0.35",
                          "xkv-sr, hit rate 0.65", "xkv-sr, hit rate 0.8", "sdpa", "grouped-products",
                          "grouped-products, fp32 rows"));
  for (const BenchRow& row : table->rows) {
    EXPECT_EQ(row.samples_ns.size(), 2U) << row.scheme;
    EXPECT_LT(figureOf(*table, row.scheme, "difference"), 0.03) << row.scheme;  // bf16
  }
  EXPECT_EQ(figureOf(*table, "grouped-products, fp32 rows", "difference"), 0);
  EXPECT_EQ(figureOf(*table, "dense", "resident_bytes"), 2 * 96 * 32 * 2);
  EXPECT_EQ(figureOf(*table, "low-rank", "resident_bytes"), (96 + 32) * (12 + 18) * 2);
}

TEST(AttentionBench, ComparesWithTheBestOfLibTorch) {
  const auto table = benchAttention(kAttention, twoRounds());
  ASSERT_TRUE(table);
  ASSERT_EQ(table->references.size(), 1U);
  const auto better = table->speedup(*table->row("dense"), table->references.front());
  const double sdpa = table->row("sdpa")->spread()->median;
  const double grouped = table->row("grouped-products")->spread()->median;
  const double floats = table->row("grouped-products, fp32 rows")->spread()->median;
  EXPECT_DOUBLE_EQ(*better, std::min({sdpa, grouped, floats}) / table->row("dense")->spread()->median);
}

TEST(AttentionBench, RefusesSizesThatDoNotFit) {
  const auto refusal = [](AttentionBench bench) {
    const auto table = benchAttention(bench, twoRounds());
    EXPECT_FALSE(table);
    return table ? std::string() : table.error().message;
  };
  AttentionBench bench = kAttention;
  bench.num_heads = 3;
  EXPECT_THAT(refusal(bench), HasSubstr("3 query heads are no multiple of 2 KV heads"));
  bench = kAttention;
  bench.head_dim = 15;
  EXPECT_THAT(refusal(bench), HasSubstr("head_dim is 15"));
  bench = kAttention;
  bench.rank_v = 33;
  EXPECT_THAT(refusal(bench), HasSubstr("rank_v 33 is above 32"));
}

/// What make-model writes is what the loader asks for: the same names and shapes as real checkpoints.
TEST(WeightList, IsThatOfTheReferenceModelsOfEveryFamily) {
  for (const char* name : {"deepseek_v2", "deepseek_v2_lite", "llama", "llama31", "llama_bias_mqa",
                           "mistral", "qwen2", "qwen3"}) {
    const std::string folder = test::dataPath(std::string("models/") + name);
    const auto config = readModelConfig(folder);
    ASSERT_TRUE(config) << config.error().message;
    const auto checkpoint = Checkpoint::open(folder);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    std::vector<std::string> names;
    for (const ListedWeight& weight : weightList(*config)) {
      names.push_back(weight.name);
      const auto tensor = checkpoint->tensor(weight.name, weight.shape);
      EXPECT_TRUE(tensor) << name << ": " << tensor.error().message;
    }
    std::ranges::sort(names);
    EXPECT_EQ(names, checkpoint->names()) << name;
  }
}

}  // namespace
}  // namespace xkv
