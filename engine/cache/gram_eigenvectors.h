// SPDX-License-Identifier: Apache-2.0
/// Leading eigenvectors of a Gram matrix: from a Krylov subspace, or by the full decomposition.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>

namespace xkv {

struct LeadingVectors {
  at::Tensor vectors;         // (n, rank) fp64, descending; undefined when stopped
  double captured_share = 0;  ///< of the trace
};

/// Leading `rank` eigenvectors of a symmetric positive semidefinite matrix in fp64, from a block Krylov subspace with a
/// fixed-seed start: products in fp32 while they resolve what is left, in fp64 where they do not. Full decomposition
/// where that is cheaper, where the subspace does not settle, or where `full` asks.
LeadingVectors leadingEigenvectors(const at::Tensor& gram, int64_t rank, bool full,
                                   std::stop_token stop);

/// As many leading eigenvectors, at most `most_rank`, as leave at most this relative error: the square root of
/// what the other eigenvalues hold of the trace. Undefined when stopped.
LeadingVectors eigenvectorsForError(const at::Tensor& gram, double error, int64_t most_rank,
                                    const std::stop_token& stop);

/// The rank that eigenvectorsForError() takes, given eigenvalues in ascending order (fp64).
int64_t rankForError(const at::Tensor& ascending_eigenvalues, double error, int64_t most_rank);

}  // namespace xkv
