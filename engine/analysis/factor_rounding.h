// SPDX-License-Identifier: Apache-2.0
/// What rounding a group's factors to bf16 adds to its error, for every rank.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/cache/gram.h"

namespace xkv {

/// Squared loss that each direction's rounding adds to each layer, (num_layers, n) fp64: ||dA B_l + A dB_l||_F^2 of
/// ranks 1, 2, ..., as differences. Truncation is orthogonal to it and adds.

/// A = X V, B = V^T (METHOD.md 2): directions (width, n) orthonormal, eigenvalues (n), both of X^T X, descending,
/// fp64. The leading columns of A, which hold nearly all of the loss, are computed and rounded; of the others the
/// loss is that of elements whose mantissas are spread evenly on a logarithmic scale.
at::Tensor roundingOfDirections(const LayerRows& rows, const at::Tensor& directions,
                                const at::Tensor& eigenvalues);

/// A = U, B_l = U^T X_l, where the prompt is shorter than the group is wide: left (seq_len, n) orthonormal; each
/// layer_factors (width of a layer, n), the transpose of B_l; fp64.
at::Tensor roundingOfTokens(const at::Tensor& left, const std::vector<at::Tensor>& layer_factors);

}  // namespace xkv
