// SPDX-License-Identifier: Apache-2.0
/// The published figures of METHOD.md 5, from the ledger's formula.
#include "profiling/memory_ledger.h"

#include <gtest/gtest.h>

#include "profiling/layer_groups.h"

namespace xkv {
namespace {

LedgerRatios ratiosOf(int64_t layers, int64_t kv_dim, int64_t group_size, int64_t rank_k,
                      int64_t rank_v, int64_t seq_len = 65536) {
  CompressionConfig config;
  config.layer_group_size = group_size;
  config.rank_k = rank_k;
  config.rank_v = rank_v;
  const auto plan = planGroups(config, {layers, kv_dim, kv_dim}, seq_len);
  EXPECT_TRUE(plan);
  return ledgerRatios({{layers, kv_dim, kv_dim}, seq_len, 2}, plan->groups);
}

TEST(MemoryLedger, PublishedRatiosOfLlama31At64k) {
  EXPECT_NEAR(ratiosOf(32, 1024, 1, 96, 144).published_ratio, 8.40, 0.01);
  EXPECT_NEAR(ratiosOf(32, 1024, 2, 192, 288).published_ratio, 8.27, 0.01);
  EXPECT_NEAR(ratiosOf(32, 1024, 4, 384, 576).published_ratio, 8.03, 0.01);
}

TEST(MemoryLedger, WithLandmarks) {
  EXPECT_NEAR(ratiosOf(32, 1024, 4, 384, 576).with_landmarks_ratio, 5.35, 0.01);
  EXPECT_NEAR(ratiosOf(32, 1024, 4, 512, 768).with_landmarks_ratio, 4.38, 0.01);
}

TEST(MemoryLedger, Qwen25GeometriesBehindThePublishedTable) {
  EXPECT_NEAR(ratiosOf(28, 512, 1, 64, 96).published_ratio, 6.35, 0.01);
  EXPECT_NEAR(ratiosOf(28, 512, 4, 256, 384).published_ratio, 6.21, 0.01);
  EXPECT_NEAR(ratiosOf(48, 1024, 4, 256, 384).published_ratio, 12.05, 0.01);
}

TEST(MemoryLedger, DenseIsOneAndBytesAreExact) {
  const auto dense = ledgerRatios({{8, 64, 64}, 547, 2}, {});
  EXPECT_EQ(dense.dense_bytes, 2 * 8 * 64 * 547 * 2);
  EXPECT_EQ(dense.factor_bytes, dense.dense_bytes);
  EXPECT_EQ(dense.published_ratio, 1);

  const auto mixed = ledgerRatios({{8, 64, 64}, 547, 2}, {{0, 4, 24, 0}});
  const int64_t elements = 24 * (547 + 256) + 547 * 256 + 2 * 4 * 64 * 547;
  EXPECT_EQ(mixed.factor_bytes, 2 * elements);
}

TEST(MemoryLedger, QuantisedFactorsCountCodesScalesAndMinima) {
  EXPECT_EQ(quantizedBytes(10, 64, 8), 10 * (64 + 2 * 4));
  EXPECT_EQ(quantizedBytes(10, 64, 4), 10 * (32 + 2 * 4));
  EXPECT_EQ(quantizedBytes(10, 33, 4), 10 * (17 + 2 * 4));
  const LedgerShape shape{{4, 64, 64}, 500, 2, 16, 8, 4};
  const auto ratios = ledgerRatios(shape, {{0, 4, 24, 0}});
  const int64_t values = 4 * 500 * 64 * 2;
  EXPECT_EQ(ratios.factor_bytes,
            values + quantizedBytes(500, 24, 8) + 4 * quantizedBytes(24, 64, 4));
  EXPECT_EQ(ratios.most_factor_bytes, ratios.factor_bytes);
  const LedgerShape basis_only{{4, 64, 64}, 500, 2, 16, 4, 0};
  EXPECT_EQ(ledgerRatios(basis_only, {{0, 4, 24, 0}}).factor_bytes,
            values + quantizedBytes(500, 24, 4) + 4 * 24 * 64 * 2);
}

// Rows of 16 in bf16: merged 32 + 8 bytes, kept 64, and 4 of index.
TEST(MemoryLedger, MiniCacheLiesBetweenEveryRowMergedAndEveryRowKept) {
  EXPECT_EQ(mergedPairBytes(10, 0, 16, 2), 10 * (32 + 8 + 4));
  EXPECT_EQ(mergedPairBytes(10, 3, 16, 2), 7 * (32 + 8) + 3 * 64 + 10 * 4);
  PlannedGroup keys{.first_layer = 2, .num_layers = 2, .slerp_k = true};
  const LedgerShape shape{{4, 64, 64}, 100, 2, 16};
  const auto ratios = ledgerRatios(shape, {keys});
  const int64_t dense = 6 * 100 * 64 * 2;  // four streams of values, two of keys
  EXPECT_EQ(ratios.factor_bytes, dense + mergedPairBytes(400, 0, 16, 2));
  EXPECT_EQ(ratios.most_factor_bytes, dense + mergedPairBytes(400, 400, 16, 2));
}

}  // namespace
}  // namespace xkv
