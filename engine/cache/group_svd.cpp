// SPDX-License-Identifier: Apache-2.0
/// Truncated SVD of a group of layers: X ~ A B, with A shared and one B_l per layer.
#include "engine/cache/group_svd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/cache/gram_eigenvectors.h"
#include "engine/cache/layer_products.h"
#include "engine/cache/sketch.h"
#include "engine/cache/stoppable.h"

namespace xkv {
namespace {

constexpr double kFp32Resolves = 1e-3;     // relative error that fp32 products still see (METHOD.md 3)
constexpr double kFp32Chooses = 5 * kFp32Resolves;  // smallest target whose rank fp32 products can choose
// Of the energy: V rounded to bf16 loses at most (2^-9)^2 / 3 = 1.3e-6 of it, and above such a residual not 1e-4 of the error.
constexpr double kHidesRounding = 1e-2;
constexpr double kDropBelow = 1e-7;        // of sigma_1 (METHOD.md 2)
constexpr double kChoiceMargin = 1 - 1e-5;  // of a target: what choosing and measuring may differ by
constexpr double kSketchMargin = 1 / 1.02;  // what a randomized factorization loses beside the optimum

Failure interrupted() { return failure(ErrorKind::interrupted, "the factorization was cancelled"); }

/// How many leading directions are above 1e-7 sigma_1, given the singular values in any order of decay.
int64_t keptRank(const at::Tensor& singular_values) {
  const double largest = singular_values.max().item<double>();
  if (largest <= 0) return 1;
  return std::max<int64_t>(1, (singular_values > kDropBelow * largest).sum().item<int64_t>());
}

/// The first `kept` along `dim`, without the memory of the others.
at::Tensor leadingOf(const at::Tensor& factor, int64_t dim, int64_t kept, at::ScalarType dtype) {
  const at::Tensor leading = factor.slice(dim, 0, kept).to(dtype);
  return kept < factor.size(dim) ? leading.clone(at::MemoryFormat::Contiguous) : leading.contiguous();
}

GroupFactors finish(const at::Tensor& token_basis, const at::Tensor& layer_factors, int64_t kept,
                    at::ScalarType dtype) {
  GroupFactors factors;
  factors.rank = kept;
  factors.token_basis = leadingOf(token_basis, 1, kept, dtype);
  factors.layer_factors = leadingOf(layer_factors, 0, kept, dtype);
  return factors;
}

/// A = X V, B = V^T.
Result<GroupFactors> fromRightVectors(const LayerRows& rows, const at::Tensor& columns, Rounding rounding,
                                      at::ScalarType dtype, const std::stop_token& stop) {
  const at::Tensor token_basis = timesColumns(rows, columns, rounding, stop);
  if (!token_basis.defined()) return interrupted();
  const int64_t kept = keptRank(at::linalg_vector_norm(token_basis, 2, {0}));
  return finish(token_basis, columns.t(), kept, dtype);
}

/// A = U, B = U^T X; for prompts shorter than the group is wide.
Result<GroupFactors> fromLeftVectors(const LayerRows& rows, const at::Tensor& columns, at::ScalarType dtype,
                                     const std::stop_token& stop) {
  const at::Tensor layer_factors = timesRows(columns, rows, stop);
  if (!layer_factors.defined()) return interrupted();
  const int64_t kept = keptRank(at::linalg_vector_norm(layer_factors, 2, {1}));
  return finish(columns, layer_factors, kept, dtype);
}

Result<GroupFactors> factorExact(const LayerRows& rows, const FactorRequest& request,
                                 const std::stop_token& stop) {
  const at::ScalarType type = scalarTypeOf(productsFor(widthOf(rows)));
  std::vector<at::Tensor> parts;
  for (const at::Tensor& layer : rows) parts.push_back(layer.to(type));
  const at::Tensor joined = at::cat(parts, 1);
  parts.clear();
  const auto found = unlessStopped(
      std::min(joined.size(0), joined.size(1)),
      [joined] {
        auto [u, s, vh] = at::linalg_svd(joined, /*full_matrices=*/false);
        return std::vector<at::Tensor>{std::move(u), std::move(s), std::move(vh)};
      },
      stop);
  if (!found) return interrupted();
  const at::Tensor& left = (*found)[0];
  const at::Tensor& values = (*found)[1];
  const at::Tensor& right = (*found)[2];
  int64_t kept = std::min(request.rank, keptRank(values));
  if (request.most_error > 0) {
    const at::Tensor energies = values.to(at::kDouble).square().flip(0);
    kept = rankForError(energies, kChoiceMargin * request.most_error, kept);
  }
  const at::Tensor scaled = left.slice(1, 0, kept) * values.slice(0, 0, kept);
  return finish(scaled, right, kept, request.dtype);
}

at::Tensor smallerGram(const LayerRows& rows, const FactorRequest& request, Products products,
                       PhaseSink& phases, std::stop_token stop) {
  PhaseScope scope(phases, {.kind = PhaseKind::gram,
                            .group = request.group,
                            .label = std::string(request.stream_name)});
  const bool wide = rows.front().size(0) < widthOf(rows);
  return wide ? tokenGram(rows, products, std::move(stop))
              : groupGram(rows, products, std::move(stop));
}

Phase factorPhase(const FactorRequest& request) {
  const std::string rank = request.most_error > 0 ? ", rank chosen"
                                                  : ", rank " + std::to_string(request.rank);
  return {.kind = PhaseKind::factor, .group = request.group, .label = request.stream_name + rank};
}

/// Of the smaller Gram matrix, in the dtype of the products; undefined when stopped.
LeadingVectors gramVectors(const LayerRows& rows, const FactorRequest& request, Products products,
                       PhaseSink& phases, std::stop_token stop) {
  const at::Tensor gram = smallerGram(rows, request, products, phases, stop);
  if (!gram.defined()) return {};
  PhaseScope scope(phases, factorPhase(request));
  const bool full = request.backend == FactorBackend::gram_evd;
  LeadingVectors leading =
      request.most_error > 0
          ? eigenvectorsForError(gram, kChoiceMargin * request.most_error, request.rank, stop)
          : leadingEigenvectors(gram, request.rank, full, stop);
  if (!leading.vectors.defined()) return {};
  const bool resolved = products == Products::fp64 ||
                        1 - leading.captured_share > kFp32Resolves * kFp32Resolves;
  // A bias that dominates, or rows that are nearly dependent: what is left is below what fp32 products see.
  if (!resolved) return gramVectors(rows, request, Products::fp64, phases, stop);
  leading.vectors = leading.vectors.to(scalarTypeOf(products));
  return leading;
}

Products productsOf(const LayerRows& rows, const FactorRequest& request) {
  const bool fine = request.most_error > 0 && request.most_error < kFp32Chooses;
  return fine ? Products::fp64 : productsFor(std::min(rows.front().size(0), widthOf(rows)));
}

/// Two power steps from a random start, all in products with X; then the best directions of their span.
Result<GroupFactors> factorRandomized(const LayerRows& rows, const FactorRequest& request,
                                      const std::stop_token& stop) {
  const at::Tensor columns =
      sketchedVectors(rows, request.rank, scalarTypeOf(productsOf(rows, request)), stop);
  if (!columns.defined()) return interrupted();
  return fromRightVectors(rows, columns, Rounding::none, request.dtype, stop);
}

/// The rank that a target asks for, from the eigenvalues of the smaller Gram matrix.
Result<int64_t> chosenRank(const LayerRows& rows, const FactorRequest& request, PhaseSink& phases,
                           const std::stop_token& stop) {
  const at::Tensor gram = smallerGram(rows, request, productsOf(rows, request), phases, stop);
  if (!gram.defined() || stop.stop_requested()) return Failure(interrupted());
  PhaseScope scope(phases, factorPhase(request));
  const auto energies = eigenvaluesOf(gram, stop);
  if (!energies) return Failure(interrupted());
  return rankForError(*energies, kSketchMargin * request.most_error, request.rank);
}

Result<GroupFactors> factorByGram(const LayerRows& rows, const FactorRequest& request,
                                  PhaseSink& phases, std::stop_token stop) {
  const bool wide = rows.front().size(0) < widthOf(rows);
  const LeadingVectors leading =
      gramVectors(rows, request, productsOf(rows, request), phases, stop);
  if (!leading.vectors.defined() || stop.stop_requested()) return interrupted();
  PhaseScope scope(phases, {.kind = PhaseKind::factor,
                            .group = request.group,
                            .label = std::string(request.stream_name) + ", A and B"});
  // What rounding adds is more than the margin of a chosen rank, and not for the back end that is exact to its spectrum.
  const bool coarse = request.backend == FactorBackend::gram_subspace && request.most_error <= 0 &&
                      1 - leading.captured_share > kHidesRounding;
  return wide ? fromLeftVectors(rows, leading.vectors, request.dtype, stop)
              : fromRightVectors(rows, leading.vectors,
                                 coarse ? Rounding::to_bf16 : Rounding::none, request.dtype, stop);
}

}  // namespace

Result<GroupFactors> factorGroup(const LayerRows& rows, const FactorRequest& request,
                                 PhaseSink& phases, std::stop_token stop) {
  if (stop.stop_requested()) return interrupted();
  switch (request.backend) {
    case FactorBackend::exact: {
      PhaseScope scope(phases, factorPhase(request));
      return factorExact(rows, request, stop);
    }
    case FactorBackend::randomized: {
      FactorRequest fixed = request;
      if (request.most_error > 0) {
        const auto rank = chosenRank(rows, request, phases, stop);
        if (!rank) return Failure(rank.error());
        fixed.rank = *rank;
        fixed.most_error = 0;
      }
      PhaseScope scope(phases, factorPhase(fixed));
      return factorRandomized(rows, fixed, stop);
    }
    case FactorBackend::gram_evd:
    case FactorBackend::gram_subspace: break;
  }
  return factorByGram(rows, request, phases, stop);
}

}  // namespace xkv
