// SPDX-License-Identifier: Apache-2.0
/// Means of the X-ray over layers, steps and heads.
#include "profiling/selection_summary.h"

#include <gtest/gtest.h>

#include <limits>

namespace xkv {
namespace {

SelectionRecord layer(std::vector<float> hit_rate, std::vector<float> recall) {
  SelectionRecord record;
  record.chunk = 8;
  record.num_steps = static_cast<int64_t>(hit_rate.size());
  record.hit_rate = std::move(hit_rate);
  record.recall = std::move(recall);
  return record;
}

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

TEST(SelectionSummary, IsTheMeanOverLayersAndSteps) {
  const auto summary = summaryOf({layer({kNone, 0.5F, 0.7F}, {0.9F, 0.8F}), layer({kNone, 0.25F, 0.75F}, {0.5F, 0.5F})});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->num_layers, 2);
  EXPECT_EQ(summary->num_steps, 3);
  EXPECT_NEAR(*summary->hit_rate, 0.55, 1e-7);
  EXPECT_NEAR(*summary->recall, 0.675, 1e-7);
  EXPECT_NEAR(*summary->least_recall, 0.5, 1e-7);
}

TEST(SelectionSummary, HasNothingThatWasNotMeasured) {
  EXPECT_FALSE(summaryOf({}));
  const auto summary = summaryOf({layer({kNone}, {})});
  EXPECT_FALSE(summary->hit_rate) << "one step has nothing before it";
  EXPECT_FALSE(summary->recall);
  EXPECT_FALSE(recallAtBudget({layer({kNone}, {})}, 64));
}

TEST(SelectionSummary, ReadsRecallOfOtherBudgets) {
  SelectionRecord record = layer({kNone}, {0.6F});
  record.recall_of_chunks = {0.25F, 0.5F, 1.0F};
  EXPECT_NEAR(*recallAtBudget({record}, 8), 0.5, 1e-7);
  EXPECT_NEAR(*recallAtBudget({record}, 7), 0.25, 1e-7);
  EXPECT_NEAR(*recallAtBudget({record}, 100'000), 1, 1e-7) << "more than there are";
}

}  // namespace
}  // namespace xkv
