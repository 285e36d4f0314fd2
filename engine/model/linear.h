// SPDX-License-Identifier: Apache-2.0
/// A linear layer: weight and, where a model has one, bias.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace xkv {

struct Linear {
  at::Tensor weight;  // (out, in)
  at::Tensor bias;    // (out); undefined = none
};

/// (n, in) → (n, out) in x's dtype, sums in fp32. One row on the CPU is read in one pass over the weights; more of a
/// dtype that the processor does not multiply are multiplied in fp32 and rounded once, as its own instructions would.
at::Tensor apply(const Linear& linear, const at::Tensor& x);

/// Several layers of one x.
std::vector<at::Tensor> applyAll(
    const std::vector<std::reference_wrapper<const Linear>>& linears, const at::Tensor& x);

/// silu(gate x) * up x, (n, in) → (n, out)
at::Tensor applyGated(const Linear& gate, const Linear& up, const at::Tensor& x);

}  // namespace xkv
