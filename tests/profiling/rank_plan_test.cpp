// SPDX-License-Identifier: Apache-2.0
/// What-if arithmetic against sums written out by hand on a two-layer model.
#include "profiling/rank_plan.h"

#include <gtest/gtest.h>

#include <cmath>

namespace xkv {
namespace {

/// Spectrum whose layers share each direction's energy evenly.
SpectrumRecord spectrum(Stream stream, int64_t first, int64_t layers, std::vector<float> sigma) {
  SpectrumRecord s;
  s.stream = stream;
  s.first_layer = first;
  s.num_layers = layers;
  s.seq_len = 8;
  s.width = layers * 2;
  s.singular_values = std::move(sigma);
  for (float value : s.singular_values) s.total_energy += double{value} * double{value};
  double left = s.total_energy;
  for (size_t r = 0; r <= s.singular_values.size(); ++r) {
    s.group_error.push_back(static_cast<float>(std::sqrt(std::max(0.0, left) / s.total_energy)));
    if (r < s.singular_values.size())
      left -= double{s.singular_values[r]} * double{s.singular_values[r]};
  }
  for (int64_t l = 0; l < layers; ++l) {
    s.layer_energy.push_back(s.total_energy / static_cast<double>(layers));
    s.layer_error.insert(s.layer_error.end(), s.group_error.begin(), s.group_error.end());
  }
  s.rank_90 = 1;
  s.rank_95 = 2;
  s.rank_99 = 3;
  return s;
}

/// Two layers, kv_dim 2, 8 tokens, fp32.
Run twoLayers() {
  Run run;
  run.started.model.num_layers = 2;
  run.started.model.num_kv_heads = 1;
  run.started.model.head_dim = 2;
  run.started.prompt_ids.assign(8, 1);
  run.started.spec.dtype = Dtype::fp32;
  run.spectra = {
      spectrum(Stream::key, 0, 1, {4, 2}),       spectrum(Stream::key, 1, 1, {3, 1}),
      spectrum(Stream::key, 0, 2, {5, 2, 1, 0}), spectrum(Stream::value, 0, 1, {2, 2}),
      spectrum(Stream::value, 1, 1, {2, 1}),     spectrum(Stream::value, 0, 2, {3, 1.5f, 1, 0.5f})};
  return run;
}

CompressionConfig config(int64_t group_size, int64_t rank_k, int64_t rank_v) {
  CompressionConfig c;
  c.layer_group_size = group_size;
  c.rank_k = rank_k;
  c.rank_v = rank_v;
  return c;
}

TEST(RankPlan, ErrorsAreAddedAsEnergies) {
  const auto run = twoLayers();
  const auto plan = RankPlanner(run).plan(config(1, 1, 1));
  ASSERT_TRUE(plan);
  EXPECT_NEAR(*plan->keys.error(), std::sqrt((4.0 + 1.0) / (20.0 + 10.0)), 1e-6);
  EXPECT_NEAR(*plan->values.error(), std::sqrt((4.0 + 1.0) / (8.0 + 5.0)), 1e-6);
  EXPECT_NEAR(*plan->error(), std::sqrt(10.0 / 43.0), 1e-6);
  EXPECT_NEAR(plan->keys.layer_error[1], std::sqrt(0.1), 1e-6);
  EXPECT_NEAR(plan->values.group_error[0], std::sqrt(0.5), 1e-6);
}

TEST(RankPlan, Bf16FactorsHaveAFloor) {
  auto run = twoLayers();
  run.started.spec.dtype = Dtype::bf16;
  const RankPlanner planner(run);
  const auto full = planner.plan(config(2, 4, 4));
  ASSERT_TRUE(full);
  EXPECT_NEAR(*full->error(), kBf16Floor, 1e-12);
  EXPECT_NEAR(full->keys.layer_error[0], kBf16Floor, 1e-12);
  CompressionConfig fp32 = config(2, 4, 4);
  fp32.factor_dtype = Dtype::fp32;
  EXPECT_NEAR(*planner.plan(fp32)->error(), 0, 1e-7);
}

TEST(RankPlan, BytesAreTheLedgers) {
  auto run = twoLayers();
  run.memory = MemoryRecord{};
  run.memory->generated_tokens = 3;
  const auto plan = RankPlanner(run).plan(config(2, 1, 2));
  ASSERT_TRUE(plan);
  const int64_t factors = (1 + 2) * (8 + 4) * 4;
  const int64_t generated = 2 * 2 * 2 * 3 * 4;
  EXPECT_EQ(plan->ledger.factor_bytes, factors);
  EXPECT_EQ(plan->resident_bytes, factors + generated);
  EXPECT_DOUBLE_EQ(plan->true_resident_ratio, static_cast<double>(2 * 2 * 2 * 8 * 4 + generated) /
                                                  static_cast<double>(factors + generated));
}

TEST(RankPlan, WhatIsNotCompressedHasNoError) {
  const auto run = twoLayers();
  CompressionConfig only_values = config(1, 1, 1);
  only_values.merge_key = false;
  only_values.start_layer = 1;
  const auto plan = RankPlanner(run).plan(only_values);
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan->keys.error(), 0);
  EXPECT_EQ(plan->values.layer_error[0], 0);
  EXPECT_NEAR(*plan->error(), std::sqrt(1.0 / 5.0), 1e-6);
}

TEST(RankPlan, AMissingSpectrumIsSaidAndNotGuessed) {
  auto run = twoLayers();
  run.spectra.erase(run.spectra.begin() + 1);  // keys of layer 1
  const RankPlanner planner(run);
  const auto plan = planner.plan(config(1, 1, 1));
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->keys.error());
  EXPECT_FALSE(plan->error());
  EXPECT_TRUE(plan->values.error());
  EXPECT_TRUE(std::isnan(plan->keys.layer_error[1]));
  ASSERT_EQ(plan->keys.unknown.size(), 1u);
  EXPECT_EQ(plan->keys.unknown[0], "layers 1-1 have no spectrum of keys");
  EXPECT_TRUE(planner.curve(config(1, 1, 1)).empty());
  EXPECT_EQ(planner.groupSizes(), std::vector<int64_t>{2});
}

TEST(RankPlan, ALeadingSpectrumEndsWhereItEnds) {
  auto run = twoLayers();
  SpectrumRecord& keys = run.spectra[2];
  keys.leading_only = true;
  keys.singular_values.resize(2);
  keys.group_error.resize(3);
  keys.layer_error.assign(6, 0.1f);
  const RankPlanner planner(run);
  EXPECT_TRUE(planner.plan(config(2, 2, 2))->error());
  const auto beyond = planner.plan(config(2, 3, 2));
  EXPECT_FALSE(beyond->error());
  EXPECT_EQ(beyond->keys.unknown.at(0), "layers 0-1 have only a leading spectrum of keys");
}

TEST(RankPlan, CustomGroupsWithRanksOfTheirOwn) {
  const auto run = twoLayers();
  CompressionConfig custom = config(4, 1, 1);
  custom.layer_groups = {{.first_layer = 0, .num_layers = 1, .rank_k = 2, .rank_v = {}},
                         {.first_layer = 1, .num_layers = 1, .rank_k = {}, .rank_v = {}}};
  const auto plan = RankPlanner(run).plan(custom);
  ASSERT_TRUE(plan);
  EXPECT_NEAR(*plan->keys.error(), std::sqrt(1.0 / 30.0), 1e-6);
}

TEST(RankPlan, RefusesWhatPlanGroupsRefuses) {
  const auto run = twoLayers();
  const auto plan = RankPlanner(run).plan(config(2, 9, 1));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::bad_input);
}

TEST(RankPlan, CurveFallsFromOneRankToAll) {
  const auto run = twoLayers();
  const auto points = RankPlanner(run).curve(config(2, 1, 1));
  ASSERT_EQ(points.size(), 4u);
  for (size_t i = 1; i < points.size(); ++i) {
    EXPECT_GT(points[i].factor_bytes, points[i - 1].factor_bytes);
    EXPECT_LT(points[i].error, points[i - 1].error);
  }
  EXPECT_EQ(points.front().ranks, (Ranks{1, 1}));
  EXPECT_NEAR(points.back().error, 0, 1e-6);
}

TEST(RankPlan, KeepsRankPerLayerBytesOrError) {
  const auto run = twoLayers();
  const RankPlanner planner(run);
  EXPECT_EQ(planner.keepRankPerLayer(config(1, 1, 2), config(2, 1, 1)), (Ranks{2, 4}));
  EXPECT_EQ(planner.keepRankPerLayer(config(2, 1, 3), config(1, 1, 1)), (Ranks{1, 2}));

  // G = 1, rank 1: 2 groups x 2 streams x (8 + 2) elements = 40; G = 2: (8 + 4) per rank and
  // stream.
  EXPECT_EQ(planner.keepBytes(config(1, 1, 1), config(2, 1, 1)), (Ranks{1, 1}));
  EXPECT_EQ(planner.keepBytes(config(1, 2, 2), config(2, 1, 1)), (Ranks{3, 3}));

  const Ranks same = planner.keepError(config(1, 1, 1), config(2, 1, 1));
  const double asked = *planner.plan(config(1, 1, 1))->error();
  EXPECT_LE(*planner.plan(config(2, same.rank_k, same.rank_v))->error(), asked);
  if (same.rank_k > 1) {
    EXPECT_GT(*planner.plan(config(2, same.rank_k - 1, same.rank_v - 1))->error(), asked);
  }
}

TEST(RankPlan, MeasuredErrorOfARunJoinsBothStreams) {
  auto run = twoLayers();
  EXPECT_FALSE(measuredOverallError(run));
  run.started.plan = {{.first_layer = 0, .num_layers = 2, .rank_k = 1, .rank_v = 1}};
  EXPECT_FALSE(measuredOverallError(run));
  for (const Stream stream : {Stream::key, Stream::value}) {
    ReconstructionRecord r;
    r.stream = stream;
    r.num_layers = 2;
    r.error = stream == Stream::key ? 0.1 : 0.2;
    r.energy = stream == Stream::key ? 30 : 12.5;
    run.reconstructions.push_back(r);
  }
  EXPECT_NEAR(*measuredOverallError(run), std::sqrt((0.01 * 30 + 0.04 * 12.5) / 42.5), 1e-9);
}

TEST(RankPlan, AnEmptyRunHasNothing) {
  const ::xkv::Run run;
  const RankPlanner planner(run);
  EXPECT_TRUE(planner.groupSizes().empty());
  EXPECT_TRUE(planner.curve(config(1, 1, 1)).empty());
  EXPECT_EQ(planner.ranksOf(config(1, 5, 5)), (Ranks{1, 1}));
}

}  // namespace
}  // namespace xkv
