// SPDX-License-Identifier: Apache-2.0
/// Leading eigenvectors of a Gram matrix from a block Krylov subspace (Musco and Musco 2015): fewer products with it
/// than power steps of the same accuracy take.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>

#include "engine/cache/gram_eigenvectors.h"

namespace xkv {

/// True where the subspace is small beside the matrix, so that it costs less than the full decomposition.
bool suitsKrylov(int64_t size, int64_t rank);

/// The leading `rank` eigenvectors of a symmetric positive semidefinite matrix (n, n) in fp64, from products in `type`.
/// Blocks are added until more of them would gain less than 2e-3 of what is left of the trace, which leaves an error
/// within 1.001 of the optimum. Undefined when stopped; and undefined where that does not come about, or where what is
/// left is below what products in fp32 resolve.
LeadingVectors krylovEigenvectors(const at::Tensor& gram, int64_t rank, at::ScalarType type,
                                  const std::stop_token& stop);

}  // namespace xkv
