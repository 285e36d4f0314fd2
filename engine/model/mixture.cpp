// SPDX-License-Identifier: Apache-2.0
/// A mixture of experts as DeepSeek-V2 routes it: some shared, some chosen per token.
#include "engine/model/mixture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>

#include "engine/model/mlp.h"

namespace xkv {
namespace {

/// Scores (n, num_experts), 0 outside the best groups of each token.
at::Tensor withinBestGroups(const at::Tensor& scores, const MixtureConfig& config) {
  const at::Tensor grouped = scores.view({scores.size(0), config.num_groups, -1});
  const at::Tensor best = std::get<1>(at::topk(grouped.amax({2}), config.groups_per_token, 1));
  const at::Tensor kept = at::zeros_like(grouped.select(2, 0), at::TensorOptions().dtype(at::kBool))
                              .scatter_(1, best, true);
  return grouped.masked_fill(kept.logical_not().unsqueeze(2), 0).view(scores.sizes());
}

}  // namespace

Routing route(const at::Tensor& router, const MixtureConfig& config, const at::Tensor& x) {
  at::Tensor scores =
      at::softmax(at::linear(x.to(at::kFloat), router.to(at::kFloat)), -1, at::kFloat);
  if (config.groups_per_token < config.num_groups) scores = withinBestGroups(scores, config);
  const auto [weights, experts] = at::topk(scores, config.experts_per_token, 1);
  return {experts, weights * config.routed_scaling_factor};
}

at::Tensor mixture(const MixtureWeights& weights, const MixtureConfig& config,
                   const at::Tensor& x) {
  const Routing routing = route(weights.router, config, x);
  const at::Tensor chosen = routing.experts.flatten();
  const at::Tensor order = at::argsort(chosen, /*stable=*/true, 0);  // expert after expert
  const at::Tensor counts = at::bincount(chosen, {}, config.num_experts).to(at::kCPU);
  const at::Tensor shares = routing.weights.flatten();
  at::Tensor sum = weights.shared ? mlp(*weights.shared, x) : at::zeros_like(x);
  int64_t begin = 0;
  for (int64_t expert = 0; expert < config.num_experts; ++expert) {
    const int64_t count = counts.const_data_ptr<int64_t>()[expert];
    if (count == 0) continue;
    const at::Tensor places = order.slice(0, begin, begin + count);
    const at::Tensor tokens = at::floor_divide(places, config.experts_per_token);
    const at::Tensor made =
        mlp(weights.experts[static_cast<size_t>(expert)], x.index_select(0, tokens));
    const at::Tensor share = shares.index_select(0, places).unsqueeze(1);
    sum.index_add_(0, tokens, (made * share).to(sum.scalar_type()));
    begin += count;
  }
  return sum;
}

}  // namespace xkv
