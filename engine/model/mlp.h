// SPDX-License-Identifier: Apache-2.0
/// The part of a layer behind attention: a gated MLP, or a mixture of them.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/checkpoint/model_config.h"
#include "engine/model/weights.h"

namespace xkv {

/// down(silu(gate x) * up x), (n, hidden_size) → the same
at::Tensor mlp(const MlpWeights& weights, const at::Tensor& x);

/// The MLP or the mixture of a layer.
at::Tensor feedForward(const LayerWeights& layer, const ModelConfig& config, const at::Tensor& x);

}  // namespace xkv
