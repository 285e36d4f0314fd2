// SPDX-License-Identifier: Apache-2.0
/// The rules of METHOD.md 2 about groups and ranks.
#include "profiling/layer_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xkv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CompressionConfig withRanks(int64_t group_size, int64_t rank_k, int64_t rank_v) {
  CompressionConfig config;
  config.layer_group_size = group_size;
  config.rank_k = rank_k;
  config.rank_v = rank_v;
  return config;
}

std::string refusal(const CompressionConfig& config, int64_t layers = 8, int64_t kv_dim = 64,
                    int64_t seq_len = 500) {
  const auto plan = planGroups(config, {layers, kv_dim, kv_dim}, seq_len);
  return plan ? "accepted" : plan.error().message;
}

TEST(LayerGroups, LastGroupIsShorter) {
  const auto plan = planGroups(withRanks(4, 24, 36), {6, 64, 64}, 500);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(PlannedGroup{0, 4, 24, 36}, PlannedGroup{4, 2, 24, 36}));
  EXPECT_TRUE(plan->notices.empty());
}

TEST(LayerGroups, NarrowGroupTakesItsWidthAndSaysSo) {
  const auto plan = planGroups(withRanks(4, 200, 36), {6, 64, 64}, 500);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->groups[0].rank_k, 200);
  EXPECT_EQ(plan->groups[1].rank_k, 128);
  EXPECT_THAT(plan->notices,
              ElementsAre("rank_k 200 is above the width 128 of layers 4-5; 128 is used"));
}

TEST(LayerGroups, RankIsAtMostTheTokens) {
  const auto plan = planGroups(withRanks(4, 24, 36), {4, 64, 64}, 10);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(PlannedGroup{0, 4, 10, 10}));
  EXPECT_THAT(plan->notices[0], HasSubstr("prompt's 10 tokens; 10 is used"));
}

TEST(LayerGroups, DefaultRanks) {
  const auto plan = planGroups(CompressionConfig{}, {32, 1024, 1024}, 65536);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->groups.front(), (PlannedGroup{0, 4, 384, 576}));
  EXPECT_EQ(plan->groups.size(), 8u);
}

TEST(LayerGroups, GroupSizeAboveTheModelIsOneGroup) {
  CompressionConfig config;
  config.layer_group_size = 100;
  const auto plan = planGroups(config, {8, 64, 64}, 5000);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(PlannedGroup{0, 8, 48, 72}));
}

TEST(LayerGroups, RangeOneStreamAndCustomGroups) {
  CompressionConfig config = withRanks(2, 16, 24);
  config.start_layer = 1;
  config.end_layer = 3;
  config.merge_value = false;
  auto plan = planGroups(config, {8, 64, 64}, 500);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(PlannedGroup{1, 2, 16, 0}, PlannedGroup{3, 1, 16, 0}));

  CompressionConfig custom = withRanks(4, 16, 24);
  custom.layer_groups = {{4, 2, {}, 90}, {0, 1, 8, {}}};
  plan = planGroups(custom, {8, 64, 64}, 500);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(PlannedGroup{0, 1, 8, 24}, PlannedGroup{4, 2, 16, 90}));
}

CompressionConfig miniCache() {
  CompressionConfig config;
  config.method = Method::minicache;
  config.start_layer = -1;
  return config;
}

TEST(LayerGroups, MiniCacheMergesPairsFromTheMiddleOn) {
  auto plan = planGroups(miniCache(), {8, 64, 64}, 500);
  ASSERT_TRUE(plan);
  const auto pair = [](int64_t first, bool keys, bool values, double t, double gamma) {
    return PlannedGroup{first, 2, 0, 0, keys, values, t, gamma};
  };
  EXPECT_THAT(plan->groups,
              ElementsAre(pair(4, true, true, 0.5, 0.05), pair(6, true, true, 0.5, 0.05)));
  EXPECT_TRUE(plan->notices.empty());

  CompressionConfig odd = miniCache();
  odd.merge_value = false;
  odd.slerp_t = 0.6;
  plan = planGroups(odd, {6, 64, 64}, 500);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(pair(3, true, false, 0.6, 0.05)));
  EXPECT_THAT(plan->notices,
              ElementsAre("layer 5 has no layer left to be merged with and stays dense"));

  CompressionConfig custom = miniCache();
  custom.layer_groups = {{4, 2, {}, {}, 0.25, {}}, {0, 2, {}, {}, {}, 0.75}};
  plan = planGroups(custom, {8, 64, 64}, 500);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(plan->groups,
              ElementsAre(pair(0, true, true, 0.5, 0.75), pair(4, true, true, 0.25, 0.05)));

  CompressionConfig all = miniCache();
  all.start_layer = 0;
  EXPECT_EQ(planGroups(all, {8, 64, 64}, 500)->groups.size(), 4u);
}

TEST(LayerGroups, MiniCacheRefusals) {
  CompressionConfig config = miniCache();
  config.layer_groups = {{2, 3, {}, {}}};
  EXPECT_EQ(refusal(config),
            "minicache merges pairs of layers; a group of layer_groups holds layers 2-4");
  config.layer_groups = {{2, 2, {}, {}, 1.5, {}}};
  EXPECT_EQ(refusal(config), "slerp_t is 1.5, 0 to 1 is needed");
  config.layer_groups.clear();
  config.slerp_gamma = -0.25;
  EXPECT_EQ(refusal(config), "slerp_gamma is -0.25, 0 to 1 is needed");
  config = miniCache();
  config.start_layer = 7;
  EXPECT_EQ(refusal(config),
            "minicache merges pairs of layers; the compressed range has only one layer");
  const auto latent = planGroups(miniCache(), {8, 512, 64, true}, 500);
  ASSERT_FALSE(latent);
  EXPECT_THAT(latent.error().message, HasSubstr("caches latents (MLA)"));
}

TEST(LayerGroups, ATargetLeavesTheRanksOpen) {
  CompressionConfig config;
  config.target_error = 0.1;
  const auto plan = planGroups(config, {6, 64, 32}, 200);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->groups, ElementsAre(PlannedGroup{0, 4, 200, 128}, PlannedGroup{4, 2, 128, 64}));
  EXPECT_THAT(plan->notices,
              ElementsAre("each group gets the smallest rank whose error is at most 0.1"));
  config.rank_k = 4;
  EXPECT_EQ(refusal(config),
            "target_error chooses the ranks; rank_k and rank_v cannot stand beside it");
  config.rank_k.reset();
  config.target_energy = 0.5;
  EXPECT_THAT(refusal(config), HasSubstr("both given"));
  config.target_error.reset();
  config.target_energy = 1.0;
  EXPECT_EQ(refusal(config), "target_energy is 1, a number between 0 and 1 is needed");
  config.target_energy = 0.9;
  config.layer_groups = {{0, 2, 5, {}}};
  EXPECT_THAT(refusal(config), HasSubstr("target_energy chooses the ranks"));
}

TEST(LayerGroups, ATargetIsHeldAgainstWhatFactorsAdd) {
  CompressionConfig config;
  EXPECT_EQ(mostTruncationError(config, Dtype::bf16).value(), 0);
  config.target_energy = 0.96;
  EXPECT_NEAR(mostTruncationError(config, Dtype::bf16).value(), 0.2, 1e-12);
  config.target_energy.reset();
  config.target_error = 0.1;
  EXPECT_EQ(mostTruncationError(config, Dtype::fp32).value(), 0.1);
  EXPECT_LT(mostTruncationError(config, Dtype::bf16).value(), 0.1);
  config.target_error = 0.002;
  const auto refused = mostTruncationError(config, Dtype::bf16);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("target_error 0.002 cannot be reached"));
}

TEST(LayerGroups, OnlyEightAndFourBits) {
  CompressionConfig config;
  config.token_basis_bits = 3;
  EXPECT_EQ(refusal(config), "token_basis_bits is 3, 8 or 4 is needed");
  config.token_basis_bits = 4;
  config.layer_factor_bits = 16;
  EXPECT_EQ(refusal(config), "layer_factor_bits is 16, 8 or 4 is needed");
}

TEST(LayerGroups, Refusals) {
  EXPECT_EQ(refusal(withRanks(4, 257, 1)), "rank_k is 257, the widest group allows 1-256");
  EXPECT_EQ(refusal(withRanks(4, 1, 0)), "rank_v is 0, the widest group allows 1-256");
  EXPECT_EQ(refusal(withRanks(0, 1, 1)), "layer_group_size is 0, at least 1 is needed");
  CompressionConfig config;
  config.start_layer = 8;
  EXPECT_EQ(refusal(config), "start_layer is 8, the model has layers 0-7");
  config.start_layer = 3;
  config.end_layer = 2;
  EXPECT_EQ(refusal(config), "end_layer 2 is before start_layer 3");
  config.end_layer = 8;
  EXPECT_THAT(refusal(config), HasSubstr("end_layer is 8, the model has layers 0-7"));
  CompressionConfig custom;
  custom.layer_groups = {{0, 2, {}, {}}, {1, 2, {}, {}}};
  EXPECT_EQ(refusal(custom), "layer 1 stands in two groups of layer_groups");
  custom.layer_groups = {{6, 3, {}, {}}};
  EXPECT_THAT(refusal(custom), HasSubstr("holds layers 6-8, the compressed range is layers 0-7"));
  custom.layer_groups = {{6, 2, 129, {}}};
  EXPECT_EQ(refusal(custom), "rank_k of layers 6-7 is 129, the group allows 1-128");
  CompressionConfig nothing;
  nothing.merge_key = nothing.merge_value = false;
  EXPECT_THAT(refusal(nothing), HasSubstr("nothing would be compressed"));
}

ModelShape latentShape() {
  ModelShape model;
  model.num_layers = 6;
  model.kv_lora_rank = 32;
  model.qk_rope_head_dim = 16;
  return model;
}

// The paper compresses the latents only; asking for a rank of the RoPE keys asks for them too.
TEST(LayerGroups, LatentsAreCompressedAloneUnlessMoreIsAsked) {
  CompressionConfig config;
  takeDefaultStreams(config, latentShape());
  EXPECT_TRUE(config.merge_key && !config.merge_value);
  const auto plan = planGroups(config, cacheShapeOf(latentShape()), 100);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->groups.front().rank_k, 12);
  EXPECT_EQ(plan->groups.front().rank_v, 0);
  EXPECT_NE(streamsNotice(config, latentShape()).value().find("RoPE keys stay dense"),
            std::string::npos);

  config.rank_v = 8;
  takeDefaultStreams(config, latentShape());
  EXPECT_TRUE(config.merge_value);
  EXPECT_FALSE(streamsNotice(config, latentShape()));

  CompressionConfig grouped;
  ModelShape keys_and_values;
  takeDefaultStreams(grouped, keys_and_values);
  EXPECT_TRUE(grouped.merge_key && grouped.merge_value);
}

}  // namespace
}  // namespace xkv
