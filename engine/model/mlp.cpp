// SPDX-License-Identifier: Apache-2.0
/// The part of a layer behind attention: a gated MLP, or a mixture of them.
#include "engine/model/mlp.h"

#include <variant>

#include "engine/model/mixture.h"

namespace xkv {

at::Tensor mlp(const MlpWeights& weights, const at::Tensor& x) {
  return apply(weights.down, applyGated(weights.gate, weights.up, x));
}

at::Tensor feedForward(const LayerWeights& layer, const ModelConfig& config, const at::Tensor& x) {
  if (const auto* mixture_weights = std::get_if<MixtureWeights>(&layer.feed_forward)) {
    return mixture(*mixture_weights, *config.mixture, x);
  }
  return mlp(std::get<MlpWeights>(layer.feed_forward), x);
}

}  // namespace xkv
