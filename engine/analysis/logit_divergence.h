// SPDX-License-Identifier: Apache-2.0
/// How far a compressed cache's logits are from the dense cache's.
#pragma once

#include <ATen/core/Tensor.h>

namespace xkv {

/// KL(dense || compressed) in nat, from logits (vocab_size); fp64 inside.
double klDivergence(const at::Tensor& dense_logits, const at::Tensor& compressed_logits);

/// True where both have the same largest logit.
bool top1Agrees(const at::Tensor& dense_logits, const at::Tensor& compressed_logits);

}  // namespace xkv
