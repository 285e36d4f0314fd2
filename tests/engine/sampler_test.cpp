// SPDX-License-Identifier: Apache-2.0
/// Greedy and sampled choice.
#include "engine/decode/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace xkv {
namespace {

using testing::ElementsAre;

std::set<int64_t> drawn(const Sampling& sampling, const std::vector<float>& logits) {
  Sampler sampler(sampling);
  std::set<int64_t> seen;
  for (int i = 0; i < 500; ++i) seen.insert(sampler.choose(logits));
  return seen;
}

const std::vector<float> kLogits{1.0f, 3.0f, 2.0f, 3.0f, -1.0f};

TEST(Sampler, GreedyTakesTheFirstLargest) {
  EXPECT_EQ(Sampler(Sampling{}).choose(kLogits), 1);
  EXPECT_THAT(largest(kLogits, 3), ElementsAre(1, 3, 2));
}

TEST(Sampler, TopKAndTopPCutTheTail) {
  EXPECT_THAT(drawn({.temperature = 1, .top_k = 2}, kLogits), ElementsAre(1, 3));
  EXPECT_THAT(drawn({.temperature = 1, .top_p = 0.3}, kLogits), ElementsAre(1));
  EXPECT_EQ(drawn({.temperature = 5}, kLogits).size(), 5u);
}

TEST(Sampler, FrequenciesFollowTheProbabilities) {
  Sampler sampler({.temperature = 1, .seed = 3});
  int first = 0;
  for (int i = 0; i < 20000; ++i) first += sampler.choose({0.0f, std::log(3.0f)}) == 1;
  EXPECT_NEAR(first / 20000.0, 0.75, 0.02);
}

TEST(Sampler, EqualSeedsGiveEqualTokens) {
  Sampler a({.temperature = 1, .seed = 5});
  Sampler b({.temperature = 1, .seed = 5});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(a.choose(kLogits), b.choose(kLogits));
}

TEST(Sampler, LogitsThatAreNoNumbersComeLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Sampler(Sampling{}).choose({nan, nan, 0.5f}), 2);
  EXPECT_EQ(Sampler(Sampling{}).choose({nan, nan}), 0);
}

TEST(Sampler, ProbabilitiesSumToOne) {
  const auto p = probabilitiesOf({1000.0f, 1000.0f});
  EXPECT_THAT(p, ElementsAre(0.5f, 0.5f));
}

}  // namespace
}  // namespace xkv
