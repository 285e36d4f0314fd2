// SPDX-License-Identifier: Apache-2.0
/// The real cache: what it holds, and that full rank equals dense.
#include "engine/cache/low_rank_cache.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/cache/dense_cache.h"
#include "engine/model/attention.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

constexpr int64_t kLayers = 4;
constexpr int64_t kHeads = 2;
constexpr int64_t kHeadDim = 16;
constexpr int64_t kTokens = 90;
constexpr int64_t kMostGenerated = 11;

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

CacheForm form(int64_t window = 0) {
  ModelConfig windowed = config();
  windowed.windows.assign(kLayers, window);
  return cacheFormOf(windowed, {});
}

/// Prompt rows of all layers and `generated` more tokens, `at_once` at a time, appended as a decoder does.
void fill(KvCache& cache, int64_t generated, at::ScalarType dtype = at::kFloat,
          int64_t at_once = 1) {
  test::NoPhases phases;
  const test::SyntheticKv shape{.seq_len = kTokens + kMostGenerated,
                                .kv_dim = kHeads * kHeadDim,
                                .num_layers = kLayers};
  test::SyntheticKv other = shape;
  other.seed = 21;
  const LayerRows keys = test::syntheticRows(shape, dtype);
  const LayerRows values = test::syntheticRows(other, dtype);
  const auto give = [&](size_t layer, int64_t begin, int64_t end) {
    const CacheRows rows{{keys[layer].slice(0, begin, end).clone(),
                          values[layer].slice(0, begin, end).clone()}};
    ASSERT_TRUE(cache.append(static_cast<int64_t>(layer), rows, phases, {}));
  };
  for (size_t layer = 0; layer < kLayers; ++layer) give(layer, 0, kTokens);
  for (int64_t token = kTokens; token < kTokens + generated; token += at_once) {
    const int64_t end = std::min(token + at_once, kTokens + generated);
    for (size_t layer = 0; layer < kLayers; ++layer) give(layer, token, end);
  }
}

LowRankCacheOptions options(std::vector<PlannedGroup> groups) {
  LowRankCacheOptions options;
  options.groups = std::move(groups);
  options.form = form();
  return options;
}

at::Tensor query(int64_t rows = 1) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{5});
  return at::randn({rows, 2 * kHeads, kHeadDim}, generator, at::TensorOptions(at::kFloat));
}

constexpr int64_t kLastPosition = kTokens + kMostGenerated - 1;

TEST(LowRankCache, FullRankAttendsLikeDense) {
  const RotaryTable rotary(config(), at::kCPU);
  DenseCache dense(form(), rotary);
  LowRankCache full(options({{0, 2, 64, 64}, {2, 1, 32, 0}, {3, 1, 0, 32}}), rotary);
  fill(dense, 11);
  fill(full, 11);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    EXPECT_LT(test::worstRelative(full.attend(layer, query(), kLastPosition),
                                  dense.attend(layer, query(), kLastPosition)),
              1e-5)
        << "layer " << layer;
    EXPECT_TRUE(full.rebuilds(layer));
    EXPECT_FALSE(dense.rebuilds(layer));
  }
}

TEST(LowRankCache, ForgettingLeadsBackToThePrompt) {
  const RotaryTable rotary(config(), at::kCPU);
  LowRankCache with(options({{0, 4, 20, 30}}), rotary);
  LowRankCache without(options({{0, 4, 20, 30}}), rotary);
  fill(with, 5);
  fill(without, 0);
  EXPECT_EQ(with.generatedTokens(), 5);
  with.forgetGenerated();
  EXPECT_EQ(with.generatedTokens(), 0);
  EXPECT_LT(test::worstRelative(with.attend(2, query(), kTokens),
                                without.attend(2, query(), kTokens)),
            1e-6);
}

// Several rows at once, as a next turn brings them: each sees what came before it, and no more.
TEST(LowRankCache, SeveralRowsAttendLikeOneAfterTheOther) {
  const RotaryTable rotary(config(), at::kCPU);
  for (const int64_t window : {int64_t{0}, int64_t{7}, int64_t{95}}) {
    LowRankCacheOptions windowed = options({{0, 2, 20, 30}});
    windowed.form = form(window);
    LowRankCache together(windowed, rotary);
    DenseCache dense_together(form(window), rotary);
    fill(together, kMostGenerated, at::kFloat, 4);
    fill(dense_together, kMostGenerated, at::kFloat, 4);
    const at::Tensor queries = query(kMostGenerated);
    const at::Tensor at_once = together.attend(1, queries, kTokens);
    const at::Tensor dense_at_once = dense_together.attend(3, queries, kTokens);
    for (int64_t i = 0; i < kMostGenerated; ++i) {
      LowRankCache step_by_step(windowed, rotary);
      DenseCache dense_steps(form(window), rotary);
      fill(step_by_step, i + 1);
      fill(dense_steps, i + 1);
      const at::Tensor one = queries.slice(0, i, i + 1);
      EXPECT_LT(test::worstRelative(at_once.slice(0, i, i + 1),
                                    step_by_step.attend(1, one, kTokens + i)),
                1e-5)
          << "window " << window << ", row " << i;
      EXPECT_LT(test::worstRelative(dense_at_once.slice(0, i, i + 1),
                                    dense_steps.attend(3, one, kTokens + i)),
                1e-5)
          << "window " << window << ", row " << i;
    }
  }
}

// One row takes another way than several. In bf16 too, where only the roundings of either differ.
TEST(LowRankCache, OneRowAttendsLikeTheGroupedProducts) {
  const RotaryTable rotary(config(), at::kCPU);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    LowRankCacheOptions mixed = options({{0, 2, 20, 30}, {2, 1, 20, 0}, {3, 1, 0, 20}});
    mixed.factors.dtype = type;
    mixed.recompress_after = 4;
    mixed.recompress_residual = 1;
    LowRankCache cache(mixed, rotary);
    DenseCache dense(form(), rotary);
    fill(cache, kMostGenerated, type);
    fill(dense, kMostGenerated, type);
    const at::Tensor one = query().to(type);
    const at::Tensor two = one.expand({2, -1, -1});
    for (const KvCache* each : std::initializer_list<const KvCache*>{&cache, &dense}) {
      for (int64_t layer = 0; layer < kLayers; ++layer) {
        const at::Tensor grouped = each->attend(layer, two, kLastPosition - 1).slice(0, 1);
        EXPECT_LT(test::worstRelative(each->attend(layer, one, kLastPosition), grouped),
                  type == at::kFloat ? 1e-5 : 0.03)
            << "layer " << layer;
      }
    }
  }
}

// Rows behind the window may hold anything.
TEST(LowRankCache, AWindowHidesWhatIsBehindIt) {
  const RotaryTable rotary(config(), at::kCPU);
  test::NoPhases phases;
  const auto attended = [&](double old_rows) {
    DenseCache cache(form(5), rotary);
    at::Tensor keys = test::syntheticRows({.seq_len = 20, .kv_dim = 32, .num_layers = 1})[0];
    at::Tensor values = keys.clone();
    values.slice(0, 0, 15).fill_(old_rows);
    EXPECT_TRUE(cache.append(0, {{keys, values}}, phases, {}));
    return cache.attend(0, query(), 19);
  };
  EXPECT_EQ(test::worstRelative(attended(1e6), attended(0)), 0);
}

TEST(LowRankCache, LedgerIsTheTensorsRealStorage) {
  const RotaryTable rotary(config(), at::kCPU);
  LowRankCacheOptions bf16 = options({{0, 2, 12, 18}, {2, 1, 8, 0}});
  bf16.factors.dtype = at::kBFloat16;
  LowRankCache cache(bf16, rotary);
  fill(cache, 0, at::kBFloat16);
  const int64_t d = kHeads * kHeadDim;
  const int64_t factors = 12 * (kTokens + 2 * d) + 18 * (kTokens + 2 * d) + 8 * (kTokens + d);
  const int64_t dense_rows = kTokens * d /* values of layer 2 */ + 2 * kTokens * d /* layer 3 */;
  EXPECT_EQ(cache.bytes(), 2 * (factors + dense_rows));
  for (const MemoryPart& part : cache.parts()) {
    if (part.kind == MemoryPartKind::token_basis && part.stream == Stream::key) {
      EXPECT_EQ(part.bytes, 2 * kTokens * (12 + 8));
      EXPECT_EQ(part.shape, "2 groups × 90 × 8–12");
    }
  }
}

TEST(LowRankCache, RowsAreFreedWhenTheirGroupIsSealed) {
  const RotaryTable rotary(config(), at::kCPU);
  std::vector<int64_t> sealed;
  LowRankCacheOptions watched = options({{0, 2, 4, 6}, {2, 2, 4, 6}});
  watched.on_sealed = [&](const SealedGroup& group) -> Status {
    sealed.push_back(group.group);
    EXPECT_EQ(group.rows.size(), 2u);
    return {};
  };
  LowRankCache cache(watched, rotary);
  fill(cache, 0);
  EXPECT_EQ(sealed, (std::vector<int64_t>{0, 0, 1, 1}));
  EXPECT_EQ(cache.prefillPeak().open_row_bytes, 2 * 2 * kTokens * kHeads * kHeadDim * 4);
  for (const MemoryPart& part : cache.parts()) EXPECT_NE(part.kind, MemoryPartKind::dense_layer);
}

TEST(LowRankCache, RebuiltRowsAreTheProductOfTheFactors) {
  const RotaryTable rotary(config(), at::kCPU);
  LowRankCache full(options({{0, 4, 90, 90}}), rotary);
  fill(full, 0);
  const LayerRows keys = test::syntheticRows({.seq_len = kTokens + kMostGenerated,
                                              .kv_dim = kHeads * kHeadDim,
                                              .num_layers = kLayers});
  const at::Tensor prompt = keys[1].slice(0, 0, kTokens);
  EXPECT_LT(test::worstRelative(full.rebuilt(1, Stream::key), prompt), 1e-5);
}

LowRankCacheOptions growing(std::vector<PlannedGroup> groups, double residual) {
  LowRankCacheOptions grows = options(std::move(groups));
  grows.recompress_after = 4;
  grows.recompress_residual = residual;
  return grows;
}

// Nothing may be lost, so every segment takes what directions it needs: positions stay true for RoPE, for streams
// that are factored, dense beside a factored one, and dense altogether.
TEST(LowRankCache, SegmentsThatLoseNothingAttendLikeDenseRows) {
  const RotaryTable rotary(config(), at::kCPU);
  for (const int64_t at_once : {1, 7}) {
    LowRankCache grown(growing({{0, 2, 40, 40}, {2, 1, 20, 0}}, 0), rotary);
    fill(grown, kMostGenerated, at::kFloat, at_once);
    EXPECT_EQ(grown.generatedTokens(), kMostGenerated);
    const auto segments = grown.takeRecompressions();
    EXPECT_EQ(segments.size(), 6u) << "two of four tokens for each of three streams";
    for (const RecompressionRecord& segment : segments) {
      EXPECT_LT(segment.error, 1e-4);
      EXPECT_GE(segment.residual, segment.error);
      EXPECT_EQ(segment.num_tokens, 4);
      EXPECT_EQ((segment.first_token - kTokens) % 4, 0);
    }
    EXPECT_TRUE(grown.takeRecompressions().empty());
    // The prompt is truncated in both; the new tokens must read as if they were dense.
    const at::Tensor queries = query();
    LowRankCache plain(options({{0, 2, 40, 40}, {2, 1, 20, 0}}), rotary);
    fill(plain, kMostGenerated, at::kFloat, at_once);
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      EXPECT_LT(test::worstRelative(grown.attend(layer, queries, kLastPosition),
                                    plain.attend(layer, queries, kLastPosition)),
                1e-4)
          << "layer " << layer;
    }
  }
}

TEST(LowRankCache, SegmentsSaveBytesAndForgettingGivesThePromptBack) {
  const RotaryTable rotary(config(), at::kCPU);
  LowRankCache grown(growing({{0, 4, 20, 30}}, 1), rotary);
  LowRankCache plain(options({{0, 4, 20, 30}}), rotary);
  LowRankCache prompt(growing({{0, 4, 20, 30}}, 1), rotary);
  fill(grown, 8);
  fill(plain, 8);
  fill(prompt, 0);
  EXPECT_EQ(grown.takeRecompressions().size(), 4u);
  const auto bytes_of = [](const KvCache& cache, MemoryPartKind kind) {
    int64_t sum = 0;
    for (const MemoryPart& part : cache.parts()) {
      if (part.kind == kind) sum += part.bytes;
    }
    return sum;
  };
  EXPECT_EQ(bytes_of(grown, MemoryPartKind::token_basis),
            bytes_of(plain, MemoryPartKind::token_basis) + 8 * (20 + 30) * 4);
  EXPECT_EQ(bytes_of(grown, MemoryPartKind::layer_factor),
            bytes_of(plain, MemoryPartKind::layer_factor));
  grown.forgetGenerated();
  EXPECT_EQ(bytes_of(grown, MemoryPartKind::token_basis),
            bytes_of(prompt, MemoryPartKind::token_basis));
  EXPECT_EQ(test::worstRelative(grown.attend(1, query(), kTokens),
                                prompt.attend(1, query(), kTokens)),
            0);
  EXPECT_EQ(grown.factoredPlan()[0].rank_k, 20);
}

TEST(LowRankCache, GroupsFactorTheirSegmentsAtDifferentSteps) {
  const RotaryTable rotary(config(), at::kCPU);
  std::vector<int64_t> group_of_step(kMostGenerated + 1, -1);
  for (int64_t generated = 1; generated <= kMostGenerated; ++generated) {
    LowRankCache before(growing({{0, 2, 20, 30}, {2, 2, 20, 30}}, 1), rotary);
    LowRankCache after(growing({{0, 2, 20, 30}, {2, 2, 20, 30}}, 1), rotary);
    fill(before, generated - 1);
    fill(after, generated);
    const size_t known = before.takeRecompressions().size();
    const auto records = after.takeRecompressions();
    for (size_t i = known; i < records.size(); ++i) {
      int64_t& group = group_of_step[static_cast<size_t>(generated)];
      EXPECT_TRUE(group == -1 || group == records[i].group) << "step " << generated;
      group = records[i].group;
    }
  }
  EXPECT_EQ(group_of_step, (std::vector<int64_t>{-1, -1, -1, -1, 0, 1, -1, -1, 0, 1, -1, -1}));
}

}  // namespace
}  // namespace xkv
