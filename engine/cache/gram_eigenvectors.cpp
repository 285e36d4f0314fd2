// SPDX-License-Identifier: Apache-2.0
/// Leading eigenvectors of a Gram matrix: by subspace iteration, or by the full decomposition.
#include "engine/cache/gram_eigenvectors.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>

#include "engine/cache/orthonormal.h"
#include "engine/cache/stoppable.h"

namespace xkv {
namespace {

constexpr int64_t kExtraColumns = 32;     // oversampling of the subspace
constexpr int kMaxSteps = 60;
constexpr double kGainOfResidual = 1e-4;  // stop: a step gained less than this share of the residual
constexpr double kResidualFloor = 1e-14;  // of the trace: nothing left to gain in fp64
constexpr double kFp32Gain = 1e-7;        // of the trace: gains below are rounding of fp32 products
constexpr int64_t kProductRows = 512;     // of a product, between looks at the stop token
constexpr int64_t kFullWidth = 768;       // below, the full eigen-decomposition is faster
constexpr int64_t kFullShare = 4;         // and where the subspace has more than a 4th of the width

at::Tensor startBlock(int64_t rows, int64_t columns, const at::Tensor& like) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(0x784B56u);
  return at::randn({rows, columns}, generator, at::TensorOptions().dtype(at::kDouble))
      .to(like.device());
}

double shareOf(const at::Tensor& values, int64_t rank, double trace) {
  return trace > 0 ? values.flip(0).slice(0, 0, rank).sum().item<double>() / trace : 1;
}

/// matrix x basis, some rows at a time; undefined when stopped.
at::Tensor product(const at::Tensor& matrix, const at::Tensor& basis, const std::stop_token& stop) {
  const at::Tensor result = at::empty({matrix.size(0), basis.size(1)}, basis.options());
  for (int64_t begin = 0; begin < matrix.size(0); begin += kProductRows) {
    if (stop.stop_requested()) return {};
    const int64_t end = std::min(begin + kProductRows, matrix.size(0));
    at::Tensor part = result.slice(0, begin, end);
    at::mm_out(part, matrix.slice(0, begin, end), basis);
  }
  return result;
}

/// Rayleigh-Ritz: the block's columns turned so that they are the best eigenvectors within their span.
LeadingVectors ritzVectors(const at::Tensor& basis, const at::Tensor& image, int64_t rank,
                           double trace, const std::stop_token& stop) {
  const at::Tensor small = at::mm(basis.t(), image);
  const auto eigen = eigenOf((small + small.t()) * 0.5, stop);
  if (!eigen) return {};
  return {at::mm(basis, eigen->vectors.flip(1).slice(1, 0, rank)),
          shareOf(eigen->values, rank, trace)};
}

LeadingVectors fromFull(const at::Tensor& values, const at::Tensor& vectors, int64_t rank) {
  return {vectors.flip(1).slice(1, 0, rank).contiguous(),
          shareOf(values, rank, values.sum().item<double>())};
}

/// One subspace, improved step by step.
class SubspaceIteration {
 public:
  SubspaceIteration(const at::Tensor& gram, int64_t columns)
      : gram_(gram),
        trace_(at::diagonal(gram).sum().item<double>()),
        basis_(orthonormal(at::mm(gram, startBlock(gram.size(0), columns, gram)))) {}

  /// Steps with products of `type` until one gains too little; false when stopped. A step in fp32 that gains no
  /// more than its own rounding ends the iteration too, and says nothing about what fp64 would gain.
  bool iterate(at::ScalarType type, const std::stop_token& stop) {
    const at::Tensor matrix = gram_.to(type);
    const double floor = type == at::kFloat ? kFp32Gain : kResidualFloor;
    double captured = 0;
    settled_ = false;
    for (int step = 0; step < kMaxSteps; ++step) {
      image_ = product(matrix, basis_.to(type), stop);
      if (!image_.defined()) return false;
      image_ = image_.to(at::kDouble);
      const double now = (basis_ * image_).sum().item<double>();
      const double residual = trace_ - now;
      settled_ = step > 0 && now - captured < kGainOfResidual * residual;
      const bool resolved = kGainOfResidual * residual > floor * trace_;
      if (type == at::kFloat && step > 0 && !resolved && now - captured < floor * trace_) {
        settled_ = false;
        return true;
      }
      if (settled_ || residual < kResidualFloor * trace_) return true;
      captured = now;
      basis_ = orthonormal(image_);
    }
    return true;
  }

  bool settled() const { return settled_; }
  LeadingVectors vectors(int64_t rank, const std::stop_token& stop) const {
    const at::Tensor image = product(gram_, basis_, stop);
    return image.defined() ? ritzVectors(basis_, image, rank, trace_, stop) : LeadingVectors{};
  }

 private:
  const at::Tensor& gram_;
  double trace_ = 0;
  at::Tensor basis_;  // (n, columns), orthonormal, fp64
  at::Tensor image_;  // gram x basis
  bool settled_ = false;
};

LeadingVectors subspaceEigenvectors(const at::Tensor& gram, int64_t rank,
                                    const std::stop_token& stop) {
  SubspaceIteration subspace(gram, std::min(rank + kExtraColumns, gram.size(0)));
  if (!subspace.iterate(at::kFloat, stop)) return {};
  if (!subspace.settled() && !subspace.iterate(at::kDouble, stop)) return {};
  return subspace.vectors(rank, stop);
}

}  // namespace

LeadingVectors leadingEigenvectors(const at::Tensor& gram, int64_t rank, bool full,
                                   std::stop_token stop) {
  const int64_t width = gram.size(0);
  if (full || width <= kFullWidth || kFullShare * (rank + kExtraColumns) > width) {
    const auto eigen = eigenOf(gram, stop);
    return eigen ? fromFull(eigen->values, eigen->vectors, rank) : LeadingVectors{};
  }
  return subspaceEigenvectors(gram, rank, stop);
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
