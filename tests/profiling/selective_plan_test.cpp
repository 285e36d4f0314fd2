// SPDX-License-Identifier: Apache-2.0
/// Chunks of Selective Reconstruction: METHOD.md 6's sizes, and what is refused.
#include "profiling/selective_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xkv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr CacheShape kShape{.num_layers = 8, .width_k = 64, .width_v = 64};

CompressionConfig selective(Method method = Method::xkv_sr) {
  CompressionConfig config;
  config.method = method;
  return config;
}

std::string refusal(const CompressionConfig& config, const CacheShape& shape = kShape) {
  const auto plan = planGroups(config, shape, 1000);
  return plan ? "not refused" : plan.error().message;
}

TEST(SelectivePlan, HasTheSizesOfTheMethod) {
  const SelectivePlan plan = planSelection({}, 65536);
  EXPECT_EQ(plan.landmark_chunks, 65536 / 8 - 4);
  EXPECT_EQ(plan.outlier_chunks, 48) << "floor(24 x 2048 / 1024)";
  EXPECT_EQ(plan.chosen_chunks, 256);
  EXPECT_EQ(plan.localTokens(), 32);
  EXPECT_FALSE(plan.choosesAll());
}

TEST(SelectivePlan, KeepsTheRemainderLocal) {
  const SelectivePlan plan = planSelection({.budget = 64}, 103);
  EXPECT_EQ(plan.landmark_chunks, 8);
  EXPECT_EQ(plan.localBegin(), 64);
  EXPECT_EQ(plan.localTokens(), 39) << "four chunks and seven tokens";
  EXPECT_EQ(plan.outlier_chunks, 1) << "floor(24 x 64 / 1024)";
}

TEST(SelectivePlan, HasNoMoreOutliersThanChunks) {
  const SelectivePlan plan = planSelection({.budget = 64, .outlier_chunks = 50}, 103);
  EXPECT_EQ(plan.outlier_chunks, plan.landmark_chunks);
  EXPECT_EQ(plan.chosen_chunks, 0);
}

TEST(SelectivePlan, SaysWhenNothingIsSaved) {
  EXPECT_EQ(selectionNotice({.budget = 64}, 1000), std::nullopt);
  EXPECT_THAT(selectionNotice({}, 39).value(), HasSubstr("39 tokens are below 5 chunks of 8"));
  EXPECT_EQ(planSelection({}, 39).landmark_chunks, 0);
  EXPECT_EQ(planSelection({}, 40).landmark_chunks, 1);
  EXPECT_THAT(selectionNotice({}, 1000).value(), HasSubstr("every chunk is selected"));
  EXPECT_THAT(planGroups(selective(), kShape, 1000)->notices,
              ElementsAre(HasSubstr("nothing is saved")));
}

TEST(SelectivePlan, XkSrHasNoRankOfValues) {
  CompressionConfig config = selective(Method::xk_sr);
  config.rank_v = 12;
  config.selective.budget = 64;
  const auto plan = planGroups(config, kShape, 1000);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->groups.front().rank_v, 0);
  EXPECT_GT(plan->groups.front().rank_k, 0);
  EXPECT_THAT(plan->notices, ElementsAre(HasSubstr("rank_v 12 is not used")));
}

TEST(SelectivePlan, RefusesWhatCannotBe) {
  CompressionConfig config = selective();
  config.selective.budget = 0;
  EXPECT_THAT(refusal(config), HasSubstr("budget is 0, 1 to"));
  config.selective = {.chunk = 0};
  EXPECT_THAT(refusal(config), HasSubstr("chunk is 0, 1 to"));
  config.selective = {.budget = 100};
  EXPECT_EQ(refusal(config), "budget is 100 tokens, a multiple of the chunk's 8 is needed");
  config.selective = {.local_chunks = -1};
  EXPECT_THAT(refusal(config), HasSubstr("local_chunks is -1"));
  config = selective();
  config.recompress_after = 8;
  EXPECT_THAT(refusal(config), HasSubstr("xkv-sr keeps new tokens exact"));
  config = selective();
  config.token_basis_bits = 4;
  EXPECT_THAT(refusal(config), HasSubstr("token_basis_bits 4 cannot be"));
  config = selective();
  config.merge_value = false;
  EXPECT_THAT(refusal(config), HasSubstr("xk-sr keeps them dense"));
  CacheShape latents = kShape;
  latents.is_latent = true;
  EXPECT_THAT(refusal(selective(Method::xk_sr), latents),
              HasSubstr("xk-sr chooses among keys; this model caches latents (MLA)"));
  CacheShape window = kShape;
  window.sliding_window = 64;
  EXPECT_THAT(refusal(selective(), window), HasSubstr("a window of 64"));
}

TEST(SelectionBytes, CountEveryTensorOfALayer) {
  const SelectiveConfig config{.budget = 64, .outlier_chunks = 2};
  const SelectivePlan plan = planSelection(config, 1003);  // 121 landmark chunks, 35 local tokens
  const SelectionBytes bytes = selectionBytes(config, plan, 2, 32, 2);
  EXPECT_EQ(bytes.landmarks, 119 * 2 * 32 * 2);
  EXPECT_EQ(bytes.local_rows, 2 * 35 * 2 * 32 * 2);
  EXPECT_EQ(bytes.outlier_rows, 2 * 2 * 8 * 2 * 32 * 2);
  EXPECT_EQ(bytes.selected_rows, 8 * 8 * 2 * 32 * 2);
  EXPECT_EQ(bytes.chunk_index, 2 * (121 + 8) * 4);
  SelectiveConfig packed = config;
  packed.landmarks = LandmarkForm::int8;
  packed.share_selection = true;
  const SelectionBytes less = selectionBytes(packed, plan, 2, 32, 2);
  EXPECT_EQ(less.landmarks, 119 * 2 * (32 + 4));
  EXPECT_EQ(less.chunk_index, (121 + 8) * 4);
}

}  // namespace
}  // namespace xkv
