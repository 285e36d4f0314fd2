// SPDX-License-Identifier: Apache-2.0
/// Leading eigenvectors of a Gram matrix: from a Krylov subspace, or by the full decomposition.
#include "engine/cache/gram_eigenvectors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cumsum.h>

#include <algorithm>

#include "engine/cache/block_krylov.h"
#include "engine/cache/stoppable.h"

namespace xkv {
namespace {

constexpr int64_t kFullWidth = 768;  // below, the full eigen-decomposition is faster

double shareOf(const at::Tensor& values, int64_t rank, double trace) {
  return trace > 0 ? values.flip(0).slice(0, 0, rank).sum().item<double>() / trace : 1;
}

LeadingVectors fromFull(const at::Tensor& values, const at::Tensor& vectors, int64_t rank) {
  return {vectors.flip(1).slice(1, 0, rank).contiguous(),
          shareOf(values, rank, values.sum().item<double>())};
}

/// From a Krylov subspace: with products in fp32 where they resolve what is left, in fp64 where they do not.
LeadingVectors subspaceEigenvectors(const at::Tensor& gram, int64_t rank,
                                    const std::stop_token& stop) {
  const LeadingVectors found = krylovEigenvectors(gram, rank, at::kFloat, stop);
  if (found.vectors.defined() || stop.stop_requested()) return found;
  return krylovEigenvectors(gram, rank, at::kDouble, stop);
}

LeadingVectors fullEigenvectors(const at::Tensor& gram, int64_t rank, const std::stop_token& stop) {
  const auto eigen = eigenOf(gram, stop);
  return eigen ? fromFull(eigen->values, eigen->vectors, rank) : LeadingVectors{};
}

}  // namespace

LeadingVectors leadingEigenvectors(const at::Tensor& gram, int64_t rank, bool full,
                                   std::stop_token stop) {
  const int64_t width = gram.size(0);
  if (!full && width > kFullWidth && suitsKrylov(width, rank)) {
    const LeadingVectors found = subspaceEigenvectors(gram, rank, stop);
    if (found.vectors.defined() || stop.stop_requested()) return found;
  }
  return fullEigenvectors(gram, rank, stop);
}

int64_t rankForError(const at::Tensor& ascending_eigenvalues, double error, int64_t most_rank) {
  const at::Tensor lost = at::cumsum(ascending_eigenvalues.clamp_min(0), 0);
  const double total = lost[-1].item<double>();
  const int64_t droppable = (lost <= error * error * total).sum().item<int64_t>();
  return std::clamp<int64_t>(ascending_eigenvalues.size(0) - droppable, 1, most_rank);
}

LeadingVectors eigenvectorsForError(const at::Tensor& gram, double error, int64_t most_rank,
                                    const std::stop_token& stop) {
  const auto eigen = eigenOf(gram, stop);
  if (!eigen) return {};
  return fromFull(eigen->values, eigen->vectors, rankForError(eigen->values, error, most_rank));
}

}  // namespace xkv
