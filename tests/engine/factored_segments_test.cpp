// SPDX-License-Identifier: Apache-2.0
/// Segments of new tokens on the factors of a prompt: projected, or on a basis extended for them (METHOD.md 2).
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/cache/factored_stream.h"
#include "engine/cache/segment_projection.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

constexpr int64_t kPrompt = 200;
constexpr int64_t kWidth = 32;

LayerRows sliced(const LayerRows& rows, int64_t begin, int64_t end) {
  LayerRows part;
  for (const at::Tensor& layer : rows) part.push_back(layer.slice(0, begin, end));
  return part;
}

FactoredStream factoredPrompt(const LayerRows& rows, int64_t rank, FactorForm form,
                              int64_t prompt = kPrompt) {
  test::NoPhases phases;
  form.grows = true;
  const auto factors = factorGroup(sliced(rows, 0, prompt), {.rank = rank}, phases, {});
  return *FactoredStream::make(*factors, static_cast<int64_t>(rows.size()), form);
}

double errorOf(const FactoredStream& stream, const LayerRows& rows, int64_t begin, int64_t end) {
  double lost = 0;
  double whole = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const at::Tensor original = rows[i].slice(0, begin, end);
    const at::Tensor kept = stream.exact(static_cast<int64_t>(i)).slice(0, begin, end);
    lost += (original - kept).square().sum().item<double>();
    whole += original.square().sum().item<double>();
  }
  return std::sqrt(lost / whole);
}

/// Prompt and later tokens share one token basis, so that projecting loses no more than the prompt lost.
LayerRows alike(int64_t seq_len = kPrompt + 64) {
  return test::syntheticRows(
      {.seq_len = seq_len, .kv_dim = kWidth, .num_layers = 3, .shared_rank = 12});
}

TEST(FactoredSegments, TokensLikeThePromptsAreProjectedAndTheRankStays) {
  const LayerRows rows = alike();
  FactoredStream stream = factoredPrompt(rows, 16, {});
  const auto outcome = stream.append(sliced(rows, kPrompt, kPrompt + 64), 0.1);
  ASSERT_TRUE(outcome);
  EXPECT_LT(outcome->residual, 0.1);
  EXPECT_EQ(outcome->rank_before, 16);
  EXPECT_EQ(outcome->rank_after, 16);
  EXPECT_EQ(stream.numTokens(), kPrompt + 64);
  EXPECT_NEAR(errorOf(stream, rows, kPrompt, kPrompt + 64), outcome->error, 1e-5);
}

TEST(FactoredSegments, OthersExtendTheBasisByTheFewestDirectionsThatAreEnough) {
  LayerRows rows = alike();
  test::SyntheticKv strange{.seq_len = 64, .kv_dim = kWidth, .num_layers = 3, .seed = 99};
  const LayerRows others = test::syntheticRows(strange);
  for (size_t i = 0; i < rows.size(); ++i) rows[i].slice(0, kPrompt).copy_(others[i]);
  FactoredStream stream = factoredPrompt(rows, 16, {});
  const double before = errorOf(stream, rows, 0, kPrompt);
  const auto outcome = stream.append(sliced(rows, kPrompt, kPrompt + 64), 0.1);
  ASSERT_TRUE(outcome);
  EXPECT_GT(outcome->residual, 0.5);
  EXPECT_GT(outcome->rank_after, 16);
  EXPECT_EQ(stream.rank(), outcome->rank_after);
  EXPECT_LE(outcome->error, 0.1 + 1e-6);
  EXPECT_NEAR(errorOf(stream, rows, kPrompt, kPrompt + 64), outcome->error, 1e-5);
  EXPECT_NEAR(errorOf(stream, rows, 0, kPrompt), before, 1e-7) << "the prompt reads as it did";
  // One direction less leaves more than was allowed.
  FactoredStream fresh = factoredPrompt(rows, 16, {});
  const at::Tensor x = test::joined(sliced(rows, kPrompt, kPrompt + 64)).to(at::kFloat);
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < 3; ++i) parts.push_back(fresh.factor(i));
  const SegmentProjection projection = extendBasis(x, at::cat(parts, 1), 0.1);
  const at::Tensor all = at::cat({at::cat(parts, 1), projection.new_rows});
  EXPECT_LT((at::mm(all, all.t()) - at::eye(all.size(0))).abs().max().item<double>(), 1e-4);
  const at::Tensor less = all.slice(0, 0, all.size(0) - 1);
  const at::Tensor rest = x - at::mm(coefficientsOn(x, less), less);
  EXPECT_GT(at::linalg_vector_norm(rest).item<double>(),
            0.1 * at::linalg_vector_norm(x).item<double>());
}

TEST(FactoredSegments, EveryFormOfFactorsTakesSegments) {
  LayerRows rows = alike();
  const LayerRows others = test::syntheticRows(
      {.seq_len = 64, .kv_dim = kWidth, .num_layers = 3, .seed = 99});
  for (size_t i = 0; i < rows.size(); ++i) rows[i].slice(0, kPrompt).copy_(others[i]);
  for (const FactorForm& form : {FactorForm{at::kBFloat16, 0, 0}, FactorForm{at::kFloat, 8, 8},
                                 FactorForm{at::kFloat, 4, 4}, FactorForm{at::kFloat, 8, 0}}) {
    FactoredStream stream = factoredPrompt(rows, 16, form);
    const int64_t bytes = stream.basisBytes() + stream.factorBytes();
    const at::Tensor before = stream.exact(1);
    for (int64_t begin = kPrompt; begin < kPrompt + 64; begin += 32) {
      const auto outcome = stream.append(sliced(rows, begin, begin + 32), 0.1);
      ASSERT_TRUE(outcome);
      EXPECT_NEAR(errorOf(stream, rows, begin, begin + 32), outcome->error, 1e-4);
      EXPECT_LT(outcome->error, form.token_basis_bits == 4 ? 0.3 : 0.12);
    }
    EXPECT_GT(stream.basisBytes() + stream.factorBytes(), bytes);
    stream.forgetSegments();
    EXPECT_EQ(stream.numTokens(), kPrompt);
    EXPECT_EQ(stream.rank(), 16);
    EXPECT_EQ(stream.basisBytes() + stream.factorBytes(), bytes);
    EXPECT_EQ(test::worstRelative(stream.exact(1), before), 0);
  }
}

// A = U and B = U^T X there, whose rows differ by orders of magnitude.
TEST(FactoredSegments, APromptShorterThanItsGroupIsWideTakesSegmentsToo) {
  const LayerRows rows = alike(60 + 40);
  FactoredStream stream = factoredPrompt(rows, 60, {}, 60);
  const double before = errorOf(stream, rows, 0, 60);
  EXPECT_LT(before, 1e-4);
  const auto outcome = stream.append(sliced(rows, 60, 100), 0.001);
  ASSERT_TRUE(outcome);
  EXPECT_LE(outcome->error, 0.001 + 1e-5);
  EXPECT_NEAR(errorOf(stream, rows, 60, 100), outcome->error, 1e-4);
}

}  // namespace
}  // namespace xkv
