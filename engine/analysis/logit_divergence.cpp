// SPDX-License-Identifier: Apache-2.0
/// How far a compressed cache's logits are from the dense cache's.
#include "engine/analysis/logit_divergence.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

#include <algorithm>

namespace xkv {

double klDivergence(const at::Tensor& dense_logits, const at::Tensor& compressed_logits) {
  const at::Tensor p = at::log_softmax(dense_logits, -1, at::kDouble);
  const at::Tensor q = at::log_softmax(compressed_logits, -1, at::kDouble);
  return std::max(0.0, (p.exp() * (p - q)).sum().item<double>());
}

bool top1Agrees(const at::Tensor& dense_logits, const at::Tensor& compressed_logits) {
  return dense_logits.argmax().item<int64_t>() == compressed_logits.argmax().item<int64_t>();
}

}  // namespace xkv
