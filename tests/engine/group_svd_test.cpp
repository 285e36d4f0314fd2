// SPDX-License-Identifier: Apache-2.0
/// Every factorization against LAPACK in fp64: error <= 1.001 x optimum + 1e-6 (METHOD.md 2, ENGINE.md).
#include "engine/cache/group_svd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

using test::joined;
using test::optimalError;
using test::syntheticRows;

double errorOf(const LayerRows& rows, const GroupFactors& factors) {
  const at::Tensor x = joined(rows);
  const at::Tensor rebuilt = at::mm(factors.token_basis.to(at::kDouble),
                                    factors.layer_factors.to(at::kDouble));
  const double norm = at::linalg_vector_norm(x).item<double>();
  return norm > 0 ? at::linalg_vector_norm(x - rebuilt).item<double>() / norm : 0;
}

GroupFactors factored(const LayerRows& rows, int64_t rank, FactorBackend backend,
                      at::ScalarType dtype = at::kFloat) {
  test::NoPhases phases;
  auto factors = factorGroup(rows, {.rank = rank, .backend = backend, .dtype = dtype}, phases, {});
  EXPECT_TRUE(factors) << (factors ? "" : factors.error().message);
  return factors ? *factors : GroupFactors{};
}

class EveryBackend : public testing::TestWithParam<FactorBackend> {
 protected:
  void expectNearOptimum(const LayerRows& rows, int64_t rank) {
    const GroupFactors factors = factored(rows, rank, GetParam());
    // Two power steps leave up to 2 % (METHOD.md 3).
    const double share = GetParam() == FactorBackend::randomized ? 1.02 : 1.001;
    EXPECT_LE(errorOf(rows, factors), share * optimalError(rows, rank) + 1e-6);
    EXPECT_LE(factors.rank, rank);
    EXPECT_EQ(factors.token_basis.size(1), factors.rank);
    EXPECT_EQ(factors.layer_factors.size(0), factors.rank);
  }
};

TEST_P(EveryBackend, PlainRows) {
  for (const int64_t rank : {1, 8, 24, 100}) expectNearOptimum(syntheticRows({}), rank);
}

TEST_P(EveryBackend, BiasThatDominatesAThousandfold) {
  expectNearOptimum(syntheticRows({.seq_len = 600, .bias = 1000}), 32);
}

TEST_P(EveryBackend, PromptShorterThanTheGroupIsWide) {
  expectNearOptimum(syntheticRows({.seq_len = 90}), 24);
  expectNearOptimum(syntheticRows({.seq_len = 3}), 3);
  expectNearOptimum(syntheticRows({.seq_len = 1}), 1);
}

TEST_P(EveryBackend, RepeatedTokensMakeRowsDependent) {
  const LayerRows rows = syntheticRows({.seq_len = 400, .distinct_rows = 20});
  expectNearOptimum(rows, 12);
  expectNearOptimum(rows, 64);  // more than the 20 independent rows
}

TEST_P(EveryBackend, FullRankRebuildsTheRows) {
  const LayerRows rows = syntheticRows({.seq_len = 300, .num_layers = 2});
  EXPECT_LT(errorOf(rows, factored(rows, 128, GetParam())), 2e-6);
}

// The smallest rank that meets it: one less would not.
TEST_P(EveryBackend, TargetErrorChoosesTheRank) {
  test::NoPhases phases;
  const double near = GetParam() == FactorBackend::randomized ? 1.02 : 1;
  for (const int64_t seq_len : {400, 90}) {
    const LayerRows rows = syntheticRows({.seq_len = seq_len});
    for (const double target : {0.5, 0.2, 0.05}) {
      const auto factors = factorGroup(
          rows, {.rank = 90, .most_error = target, .backend = GetParam()}, phases, {});
      ASSERT_TRUE(factors);
      EXPECT_LE(errorOf(rows, *factors), target + 1e-6);
      if (factors->rank == 1) continue;
      EXPECT_GT(optimalError(rows, factors->rank - 1), target / near - 1e-5);
    }
    const auto capped = factorGroup(
        rows, {.rank = 5, .most_error = 0.01, .backend = GetParam()}, phases, {});
    EXPECT_EQ(capped->rank, 5);
  }
}

TEST_P(EveryBackend, ZeroRowsStayZero) {
  const LayerRows rows{at::zeros({50, 8}), at::zeros({50, 8})};
  const GroupFactors factors = factored(rows, 4, GetParam());
  EXPECT_EQ(errorOf(rows, factors), 0);
  EXPECT_FALSE(factors.layer_factors.isnan().any().item<bool>());
}

TEST_P(EveryBackend, Bf16FactorsAddTheFloorAndNoMore) {
  const LayerRows rows = syntheticRows({.seq_len = 500});
  const double exact = optimalError(rows, 24);
  const double error = errorOf(rows, factored(rows, 24, GetParam(), at::kBFloat16));
  const double predicted = std::sqrt(exact * exact + 2.4e-3 * 2.4e-3);
  EXPECT_NEAR(error, predicted, 0.03 * predicted);
}

TEST_P(EveryBackend, StopIsHeard) {
  std::stop_source stop;
  stop.request_stop();
  test::NoPhases phases;
  const auto factors = factorGroup(syntheticRows({}), {.rank = 8, .backend = GetParam()}, phases,
                                   stop.get_token());
  ASSERT_FALSE(factors);
  EXPECT_EQ(factors.error().kind, ErrorKind::interrupted);
}

INSTANTIATE_TEST_SUITE_P(GroupSvd, EveryBackend,
                         testing::Values(FactorBackend::exact, FactorBackend::gram_evd,
                                         FactorBackend::gram_subspace,
                                         FactorBackend::randomized));

// Wide enough that gram-subspace takes a Krylov subspace instead of the full decomposition, and that products are fp32, or
// bf16 dot products where the processor has them.
class WideGroups : public testing::TestWithParam<at::ScalarType> {
 protected:
  void expectNearOptimum(const test::SyntheticKv& kv, int64_t rank) {
    const LayerRows rows = syntheticRows(kv, GetParam());
    const double optimum = optimalError(rows, rank);
    for (const FactorBackend backend : {FactorBackend::gram_subspace, FactorBackend::randomized}) {
      const double share = backend == FactorBackend::randomized ? 1.02 : 1.001;
      EXPECT_LE(errorOf(rows, factored(rows, rank, backend)), share * optimum + 1e-6);
    }
  }
};

TEST_P(WideGroups, PlainAndBiased) {
  for (const double bias : {0.0, 1000.0}) {
    expectNearOptimum({.seq_len = 1500, .kv_dim = 320, .shared_rank = 300, .decay = 0.6, .bias = bias}, 96);
  }
}

TEST_P(WideGroups, FewDistinctRows) {
  expectNearOptimum({.seq_len = 1500, .kv_dim = 320, .shared_rank = 300, .distinct_rows = 60}, 96);
}

TEST_P(WideGroups, PromptShorterThanTheGroupIsWide) {
  expectNearOptimum({.seq_len = 1200, .kv_dim = 320, .num_layers = 5, .shared_rank = 300, .decay = 0.6}, 96);
}

INSTANTIATE_TEST_SUITE_P(GroupSvd, WideGroups, testing::Values(at::kFloat, at::kBFloat16));

TEST(GroupSvd, RightFactorsAreOrthonormal) {
  const GroupFactors factors =
      factored(syntheticRows({.seq_len = 600}), 24, FactorBackend::gram_subspace);
  const at::Tensor b = factors.layer_factors.to(at::kDouble);
  EXPECT_LT((at::mm(b, b.t()) - at::eye(24, at::kDouble)).abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace xkv
