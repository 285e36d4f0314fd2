// SPDX-License-Identifier: Apache-2.0
/// A mixture of experts as DeepSeek-V2 routes it: some shared, some chosen per token.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/checkpoint/model_config.h"
#include "engine/model/weights.h"

namespace xkv {

/// Which experts a token takes, and what each counts.
struct Routing {
  at::Tensor experts;  // (n, experts_per_token), int64
  at::Tensor weights;  // (n, experts_per_token), fp32
};

/// Softmax over all experts in fp32, then the largest; under group_limited_greedy only of the
/// experts in the groups with the largest single scores. Weights are those scores times
/// routed_scaling_factor.
Routing route(const at::Tensor& router, const MixtureConfig& config, const at::Tensor& x);

/// (n, hidden_size) → the same
at::Tensor mixture(const MixtureWeights& weights, const MixtureConfig& config, const at::Tensor& x);

}  // namespace xkv
