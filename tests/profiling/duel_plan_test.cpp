// SPDX-License-Identifier: Apache-2.0
/// Equal bytes: no entry is above them, none could have a larger rank, and what cannot reach them
/// says so.
#include "profiling/duel_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace xkv {
namespace {

LedgerShape demoShape() {
  LedgerShape shape;
  shape.cache = {8, 64, 64};
  shape.seq_len = 547;
  shape.head_dim = 32;
  shape.num_kv_heads = 2;
  return shape;
}

int64_t bytesAt(CompressionConfig config, LedgerShape shape, int64_t more_k, int64_t more_v) {
  shape.token_basis_bits = config.token_basis_bits;
  shape.layer_factor_bits = config.layer_factor_bits;
  config.rank_k = *config.rank_k + more_k;
  config.rank_v = *config.rank_v + more_v;
  const auto plan = planGroups(config, shape.cache, shape.seq_len);
  EXPECT_TRUE(plan) << plan.error().message;
  if (isSelective(config.method)) shape.selective = config.selective;
  const LedgerRatios ratios = ledgerRatios(shape, plan->groups);
  return ratios.factor_bytes + ratios.selection_bytes;
}

std::vector<std::string> namesOf(const CacheShape& shape) {
  std::vector<std::string> names;
  for (const DuelMethod& method : duelMethods(shape, 547)) names.push_back(method.name);
  return names;
}

TEST(DuelPlan, EveryMethodOnceDenseFirst) {
  std::vector<std::string> names = namesOf({8, 64, 64});
  EXPECT_EQ(names.front(), "dense");
  for (const char* name :
       {"Single SVD", "xKV-2", "xKV-4", "xKV-8", "keys only", "values only", "xKV-4, 8 bit",
        "xKV-4, 4 bit", "MiniCache", "MiniCache, upstream's rule", "xKV-SR, budget 64", "xK-SR, budget 64"}) {
    EXPECT_EQ(std::ranges::count(names, name), 1) << name;
  }
}

TEST(DuelPlan, GroupsThatWouldRepeatAreLeftOut) {
  const std::vector<std::string> names = namesOf({2, 64, 64});
  EXPECT_EQ(std::ranges::count(names, "xKV-2"), 1);
  EXPECT_EQ(std::ranges::count(names, "xKV-4"), 0);
}

TEST(DuelPlan, LatentAttentionCompressesItsLatents) {
  for (const DuelMethod& method : duelMethods({6, 32, 16, true}, 547)) {
    if (method.name == "xKV-4") {
      EXPECT_FALSE(method.config.merge_value);
    }
  }
}

TEST(DuelPlan, BytesAreReachedFromBelowAndTightly) {
  const LedgerShape shape = demoShape();
  const int64_t target = ledgerRatios(shape, {}).dense_bytes / 4;
  int reached = 0;
  for (const DuelMethod& method : duelMethods(shape.cache, shape.seq_len)) {
    const auto entry = planAtBytes(method, shape, target);
    ASSERT_TRUE(entry) << entry.error().message;
    const CompressionConfig& config = entry->method.config;
    if (!config.rank_k || !entry->notice.empty()) continue;
    ++reached;
    EXPECT_LE(entry->factor_bytes, target) << method.name;
    EXPECT_EQ(entry->factor_bytes, bytesAt(config, shape, 0, 0)) << method.name;
    if (config.merge_value) {
      EXPECT_GT(bytesAt(config, shape, 0, 1), target) << method.name;
    }
    EXPECT_GT(bytesAt(config, shape, 1, 1), target) << method.name;
    EXPECT_GT(static_cast<double>(entry->factor_bytes), 0.95 * static_cast<double>(target))
        << method.name;
  }
  EXPECT_GE(reached, 6);
}

TEST(DuelPlan, OneStreamAloneCannotHalveTwice) {
  const LedgerShape shape = demoShape();
  const int64_t dense = ledgerRatios(shape, {}).dense_bytes;
  for (const DuelMethod& method : duelMethods(shape.cache, shape.seq_len)) {
    if (method.config.merge_key == method.config.merge_value) continue;
    const auto quarter = planAtBytes(method, shape, dense / 4);
    ASSERT_TRUE(quarter);
    EXPECT_NE(quarter->notice.find("cannot reach"), std::string::npos);
    EXPECT_GT(quarter->factor_bytes, dense / 4);
    const auto most = planAtBytes(method, shape, dense * 3 / 4);
    ASSERT_TRUE(most);
    EXPECT_TRUE(most->notice.empty());
    EXPECT_LE(most->factor_bytes, dense * 3 / 4);
    EXPECT_GT(static_cast<double>(most->factor_bytes), 0.7 * static_cast<double>(dense));
  }
}

TEST(DuelPlan, MiniCacheSaysThatItHasNoRank) {
  const LedgerShape shape = demoShape();
  for (const DuelMethod& method : duelMethods(shape.cache, shape.seq_len)) {
    if (method.config.method != Method::minicache) continue;
    const auto entry = planAtBytes(method, shape, 1);
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_NE(entry->notice.find("has no rank"), std::string::npos);
    EXPECT_LT(entry->factor_bytes, ledgerRatios(shape, {}).dense_bytes);
  }
}

TEST(DuelPlan, TheDenseCacheIsWhatItIs) {
  const LedgerShape shape = demoShape();
  const auto entry = planAtBytes(duelMethods(shape.cache, shape.seq_len).front(), shape, 1);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->factor_bytes, ledgerRatios(shape, {}).dense_bytes);
  EXPECT_TRUE(entry->notice.empty());
}

}  // namespace
}  // namespace xkv
