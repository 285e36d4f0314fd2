// SPDX-License-Identifier: Apache-2.0
/// MiniCache's arithmetic on rows whose angles are known, and the cache over it (METHOD.md 8).
#include "engine/cache/slerp_merge.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "engine/cache/dense_cache.h"
#include "engine/cache/slerp_cache.h"
#include "engine/model/attention.h"
#include "profiling/memory_ledger.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

constexpr SlerpRule kMergeAll{.t = 0.5, .gamma = 1, .keep = SlerpKeep::divergent};

/// Rows of length `norm` at these angles in the plane.
at::Tensor atAngles(const std::vector<double>& degrees, double norm) {
  at::Tensor rows = at::zeros({static_cast<int64_t>(degrees.size()), 2});
  for (size_t i = 0; i < degrees.size(); ++i) {
    const double radians = degrees[i] * std::numbers::pi / 180;
    rows[static_cast<int64_t>(i)][0] = norm * std::cos(radians);
    rows[static_cast<int64_t>(i)][1] = norm * std::sin(radians);
  }
  return rows;
}

TEST(SlerpMerge, DirectionLiesAtItsShareOfTheAngleAndNormsStay) {
  const MergedPair pair = mergePair(atAngles({0, 0, 10}, 3), atAngles({80, 20, 70}, 5),
                                    {.t = 0.25, .gamma = 1}, at::kFloat);
  EXPECT_EQ(pair.direction.size(0), 3);
  EXPECT_LT(test::worstRelative(pair.rows(0, 0, 3), atAngles({20, 5, 25}, 3)), 1e-6);
  EXPECT_LT(test::worstRelative(pair.rows(1, 0, 3), atAngles({20, 5, 25}, 5)), 1e-6);
}

TEST(SlerpMerge, ThePaperKeepsRowsThatDivergeAndUpstreamTheOthers) {
  const at::Tensor first = atAngles({0, 0, 0, 0}, 1);
  const at::Tensor second = atAngles({10, 40, 60, 90}, 2);  // limit at gamma 0.5: 50 degrees
  const MergedPair paper = mergePair(first, second, {.gamma = 0.5}, at::kFloat);
  EXPECT_EQ(paper.divergent_rows, 2);
  EXPECT_LT(test::worstRelative(paper.rows(0, 0, 4), atAngles({5, 20, 0, 0}, 1)), 1e-6);
  EXPECT_LT(test::worstRelative(paper.rows(1, 0, 4), atAngles({5, 20, 60, 90}, 2)), 1e-6);
  const MergedPair upstream =
      mergePair(first, second, {.gamma = 0.5, .keep = SlerpKeep::upstream}, at::kFloat);
  EXPECT_EQ(upstream.divergent_rows, 2);
  EXPECT_LT(test::worstRelative(upstream.rows(0, 0, 4), atAngles({0, 0, 30, 45}, 1)), 1e-6);
  EXPECT_LT(test::worstRelative(upstream.rows(1, 2, 4), atAngles({30, 45}, 2)), 1e-6);
}

TEST(SlerpMerge, ParallelRowsAreMixedLinearly) {
  const at::Tensor first = at::tensor({1.0f, 0.0f, 3.0f, 4.0f}).view({2, 2});
  const at::Tensor second = at::tensor({1.0f, 0.0f, -4.0f, 3.0f}).view({2, 2});
  const MergedPair pair = mergePair(first, second, kMergeAll, at::kFloat);
  EXPECT_LT(test::worstRelative(pair.rows(0, 0, 1), first.slice(0, 0, 1)), 1e-6);
}

TEST(SlerpMerge, ZeroRowsAreKeptAndBoundNoAngle) {
  at::Tensor first = atAngles({0, 0, 0, 0}, 1);
  const at::Tensor second = atAngles({30, 50, 70, 90}, 1);
  first[1].zero_();
  for (const SlerpKeep keep : {SlerpKeep::divergent, SlerpKeep::upstream}) {
    const MergedPair pair = mergePair(first, second, {.gamma = 0.5, .keep = keep}, at::kFloat);
    EXPECT_EQ(pair.divergent_rows, 2);
    EXPECT_EQ(test::worstRelative(pair.rows(1, 1, 2), second.slice(0, 1, 2)), 0);
    EXPECT_EQ(pair.rows(0, 1, 2).abs().sum().item<float>(), 0);
    EXPECT_FALSE(pair.rows(0, 0, 4).isnan().any().item<bool>());
  }
  const MergedPair nothing = mergePair(at::zeros({3, 2}), second.slice(0, 0, 3), {}, at::kFloat);
  EXPECT_EQ(nothing.retained.size(0), 3);
}

constexpr int64_t kLayers = 5;
constexpr int64_t kHeads = 2;
constexpr int64_t kHeadDim = 16;
constexpr int64_t kTokens = 90;

ModelConfig config() {
  ModelConfig config;
  config.shape.num_layers = kLayers;
  config.shape.num_heads = 2 * kHeads;
  config.shape.num_kv_heads = kHeads;
  config.shape.head_dim = kHeadDim;
  config.shape.rope_theta = 10000;
  config.rope_dim = kHeadDim;
  config.softmax_scale = 0.25;
  config.windows.assign(kLayers, 0);
  return config;
}

SlerpCacheOptions options(std::vector<PlannedGroup> pairs, SlerpKeep keep) {
  SlerpCacheOptions options;
  options.pairs = std::move(pairs);
  options.keep = keep;
  options.form = cacheFormOf(config(), {});
  return options;
}

PlannedGroup pairAt(int64_t layer, double gamma, bool keys = true, bool values = true) {
  return {.first_layer = layer,
          .num_layers = 2,
          .slerp_k = keys,
          .slerp_v = values,
          .slerp_t = 0.5,
          .slerp_gamma = gamma};
}

void fill(KvCache& cache, int64_t generated, at::ScalarType dtype = at::kFloat) {
  test::NoPhases phases;
  const test::SyntheticKv shape{
      .seq_len = kTokens + 8, .kv_dim = kHeads * kHeadDim, .num_layers = kLayers};
  test::SyntheticKv other = shape;
  other.seed = 21;
  const LayerRows keys = test::syntheticRows(shape, dtype);
  const LayerRows values = test::syntheticRows(other, dtype);
  const auto give = [&](size_t layer, int64_t begin, int64_t end) {
    ASSERT_TRUE(cache.append(static_cast<int64_t>(layer),
                             {{keys[layer].slice(0, begin, end).clone(),
                               values[layer].slice(0, begin, end).clone()}},
                             phases, {}));
  };
  for (size_t layer = 0; layer < kLayers; ++layer) give(layer, 0, kTokens);
  for (int64_t token = kTokens; token < kTokens + generated; ++token) {
    for (size_t layer = 0; layer < kLayers; ++layer) give(layer, token, token + 1);
  }
}

at::Tensor query() {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{5});
  return at::randn({1, 2 * kHeads, kHeadDim}, generator, at::TensorOptions(at::kFloat));
}

// gamma 1 makes no row divergent, so upstream's rule keeps every original.
TEST(SlerpCache, WithEveryOriginalItAttendsLikeDense) {
  const RotaryTable rotary(config(), at::kCPU);
  DenseCache dense(cacheFormOf(config(), {}), rotary);
  SlerpCache kept(options({pairAt(0, 1), pairAt(3, 1, true, false)}, SlerpKeep::upstream), rotary);
  fill(dense, 7);
  fill(kept, 7);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    EXPECT_LT(test::worstRelative(kept.attend(layer, query(), kTokens + 6),
                                  dense.attend(layer, query(), kTokens + 6)),
              1e-5);
    EXPECT_EQ(kept.rebuilds(layer), layer != 2);
  }
  EXPECT_EQ(kept.generatedTokens(), 7);
  kept.forgetGenerated();
  EXPECT_EQ(kept.generatedTokens(), 0);
}

TEST(SlerpCache, LedgerIsTheStorageAndTheLedgersArithmetic) {
  const RotaryTable rotary(config(), at::kCPU);
  SlerpCacheOptions bf16 = options({pairAt(2, 0.3)}, SlerpKeep::divergent);
  bf16.direction_dtype = at::kBFloat16;
  SlerpCache cache(bf16, rotary);
  fill(cache, 0, at::kBFloat16);
  int64_t merged_bytes = 0;
  int64_t kept = 0;
  for (const MemoryPart& part : cache.parts()) {
    EXPECT_NE(part.kind, MemoryPartKind::token_basis);
    if (part.kind != MemoryPartKind::dense_layer) merged_bytes += part.bytes;
    if (part.kind == MemoryPartKind::retained_row) kept += part.bytes / (2 * kHeadDim * 2);
  }
  const int64_t rows = kTokens * kHeads;
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 2 * rows);
  // Both streams' bytes are linear in the rows that are kept.
  EXPECT_EQ(merged_bytes, mergedPairBytes(2 * rows, kept, kHeadDim, 2));
  EXPECT_EQ(cache.bytes(), merged_bytes + 2 * 3 * kTokens * kHeads * kHeadDim * 2);
  EXPECT_EQ(cache.prefillPeak().open_row_bytes, 2 * 2 * kTokens * kHeads * kHeadDim * 2);
}

TEST(SlerpCache, TellsOfEachStreamWhileOriginalsExist) {
  const RotaryTable rotary(config(), at::kCPU);
  std::vector<double> errors;
  SlerpCacheOptions watched = options({pairAt(1, 0.3), pairAt(3, 1)}, SlerpKeep::divergent);
  watched.on_sealed = [&](const SealedGroup& sealed) -> Status {
    const at::Tensor lost = sealed.rows[1] - sealed.rebuilt(1);
    errors.push_back(lost.norm().item<double>() / sealed.rows[1].norm().item<double>());
    return {};
  };
  SlerpCache cache(watched, rotary);
  fill(cache, 0);
  ASSERT_EQ(errors.size(), 4u);
  EXPECT_LT(errors[0], errors[2]);  // with gamma 1 nothing keeps its original
  EXPECT_GT(errors[0], 0);
}

}  // namespace
}  // namespace xkv
