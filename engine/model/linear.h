// SPDX-License-Identifier: Apache-2.0
/// A linear layer: weight and, where a model has one, bias.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/linear.h>

namespace xkv {

struct Linear {
  at::Tensor weight;  // (out, in)
  at::Tensor bias;    // (out); undefined = none
};

/// (n, in) → (n, out)
inline at::Tensor apply(const Linear& linear, const at::Tensor& x) {
  return linear.bias.defined() ? at::linear(x, linear.weight, linear.bias)
                               : at::linear(x, linear.weight);
}

}  // namespace xkv
