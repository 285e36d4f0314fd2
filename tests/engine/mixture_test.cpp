// SPDX-License-Identifier: Apache-2.0
/// Which experts a token takes: held against routing written out by hand.
#include "engine/model/mixture.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/model/mlp.h"
#include "tests/engine/golden.h"

namespace xkv {
namespace {

constexpr int64_t kExperts = 6;

/// A router that is the identity: a token's logits are its own values.
Routing routed(const std::vector<float>& logits, const MixtureConfig& config) {
  return route(at::eye(kExperts), config, at::tensor(logits).view({1, kExperts}));
}

std::set<int64_t> expertsOf(const Routing& routing) {
  const std::vector<int64_t> ids = test::idsOf(routing.experts);
  return {ids.begin(), ids.end()};
}

MixtureConfig config() {
  MixtureConfig config;
  config.num_experts = kExperts;
  config.experts_per_token = 2;
  return config;
}

TEST(Mixture, GreedyTakesTheLargestScores) {
  const Routing routing = routed({0, 3, 1, -1, 2, 0}, config());
  EXPECT_EQ(expertsOf(routing), (std::set<int64_t>{1, 4}));
  const double sum = std::exp(0) * 2 + std::exp(3) + std::exp(1) + std::exp(-1) + std::exp(2);
  EXPECT_NEAR(routing.weights.max().item<double>(), std::exp(3) / sum, 1e-6);
}

// Groups {0, 1}, {2, 3}, {4, 5}: the best single scores are in the first and in the last.
TEST(Mixture, GroupLimitedTakesThemFromTheBestGroups) {
  MixtureConfig limited = config();
  limited.num_groups = 3;
  limited.groups_per_token = 1;
  limited.routed_scaling_factor = 2.5;
  const Routing routing = routed({3, -2, 2.9F, 2.8F, 2, 0}, limited);
  EXPECT_EQ(expertsOf(routing), (std::set<int64_t>{0, 1}));
  const at::Tensor scores = at::tensor({3.0, -2.0, 2.9, 2.8, 2.0, 0.0}).exp();
  EXPECT_NEAR(routing.weights.max().item<double>(), 2.5 * std::exp(3) / scores.sum().item<double>(),
              1e-6);
}

TEST(Mixture, EachTokenPassesItsOwnExpertsAndTheSharedOnes) {
  constexpr int64_t kHidden = 8;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{3});
  const auto matrix = [&](int64_t rows, int64_t columns) {
    return at::randn({rows, columns}, generator, at::TensorOptions(at::kFloat));
  };
  const auto expert = [&] {
    return MlpWeights{{matrix(5, kHidden), {}}, {matrix(5, kHidden), {}}, {matrix(kHidden, 5), {}}};
  };
  MixtureWeights weights;
  weights.router = matrix(kExperts, kHidden);
  for (int64_t i = 0; i < kExperts; ++i) weights.experts.push_back(expert());
  weights.shared = expert();
  const at::Tensor x = matrix(9, kHidden);
  const Routing routing = route(weights.router, config(), x);
  at::Tensor expected = mlp(*weights.shared, x).clone();
  for (int64_t token = 0; token < 9; ++token) {
    for (int64_t slot = 0; slot < 2; ++slot) {
      const auto chosen = static_cast<size_t>(routing.experts[token][slot].item<int64_t>());
      expected[token] += routing.weights[token][slot] *
                         mlp(weights.experts[chosen], x.slice(0, token, token + 1)).squeeze(0);
    }
  }
  EXPECT_LT(test::worstRelative(mixture(weights, config(), x), expected), 1e-6);
}

}  // namespace
}  // namespace xkv
