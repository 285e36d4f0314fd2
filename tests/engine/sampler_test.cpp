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

// A few come out of one pass, many out of a sort: both by value, then by id, and NaN last.
TEST(Sampler, FewAndManyLargestAgree) {
  std::vector<float> logits;
  for (int i = 0; i < 200; ++i) logits.push_back(static_cast<float>(i * 37 % 50));
  logits[13] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<int64_t> many = largest(logits, 200);
  EXPECT_EQ(many.back(), 13);
  for (const int64_t count : {0, 1, 3, 8, 9}) {
    EXPECT_EQ(largest(logits, count),
              std::vector<int64_t>(many.begin(), many.begin() + count));
  }
  EXPECT_THAT(largest({2, 5}, 4), ElementsAre(1, 0));
}

TEST(Sampler, ProbabilitiesSumToOne) {
  const std::vector<float> equal{1000.0f, 1000.0f};
  const Probabilities halves(equal);
  EXPECT_EQ(halves.of(0), 0.5f);
  EXPECT_EQ(halves.of(1), 0.5f);
  const Probabilities all(kLogits);
  float sum = 0;
  for (size_t id = 0; id < kLogits.size(); ++id) sum += all.of(static_cast<int64_t>(id));
  EXPECT_NEAR(sum, 1, 1e-6);
}

}  // namespace
}  // namespace xkv
