// SPDX-License-Identifier: Apache-2.0
/// Truncated SVD of a group of layers: X ~ A B, with A shared and one B_l per layer.
#include "engine/cache/group_svd.h"

#include <ATen/TensorOperators.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <string>

namespace xkv {
namespace {

constexpr int64_t kExtraColumns = 32;      // oversampling of the subspace
constexpr int kMaxSteps = 60;
constexpr double kGainOfResidual = 1e-4;   // stop: a step gained less than this share of the residual
constexpr double kResidualFloor = 1e-14;   // of the trace: nothing left to gain in fp64
constexpr int64_t kFullWidth = 768;        // below, the full eigen-decomposition is faster
constexpr double kFp32Resolves = 1e-3;     // relative error that fp32 products still see (METHOD.md 3)
constexpr double kDropBelow = 1e-7;        // of sigma_1 (METHOD.md 2)

Failure interrupted() { return failure(ErrorKind::interrupted, "the factorization was cancelled"); }

/// tr(V^T G V) / tr G for orthonormal columns V.
double capturedShare(const at::Tensor& gram, const at::Tensor& vectors) {
  const double trace = at::diagonal(gram).sum().item<double>();
  return trace > 0 ? (vectors * at::mm(gram, vectors)).sum().item<double>() / trace : 1;
}

/// Columns made orthonormal. Cholesky QR on scaled columns, twice; Householder QR where the columns are too
/// close to dependent for it.
at::Tensor orthonormal(at::Tensor columns) {
  for (int pass = 0; pass < 2; ++pass) {
    const at::Tensor norms = at::linalg_vector_norm(columns, 2, {0}).clamp_min(1e-300);
    const at::Tensor scaled = columns / norms;
    const auto [factor, info] = at::linalg_cholesky_ex(at::mm(scaled.t(), scaled), /*upper=*/true);
    const double smallest = at::diagonal(factor).min().item<double>();
    if (info.item<int>() != 0 || !(smallest > 1e-6)) {
      return std::get<0>(at::linalg_qr(scaled, "reduced"));
    }
    columns = at::linalg_solve_triangular(factor, scaled, /*upper=*/true, /*left=*/false);
  }
  return columns;
}

/// Rayleigh-Ritz: the block's columns turned so that they are the best eigenvectors within their span.
at::Tensor ritzVectors(const at::Tensor& gram, const at::Tensor& basis, int64_t rank) {
  const at::Tensor small = at::mm(basis.t(), at::mm(gram, basis));
  const auto [values, vectors] = at::linalg_eigh((small + small.t()) * 0.5, "L");
  return at::mm(basis, vectors.flip(1).slice(1, 0, rank));
}

at::Tensor startBlock(int64_t rows, int64_t columns, const at::Tensor& like) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(0x784B56u);
  return at::randn({rows, columns}, generator, at::TensorOptions().dtype(at::kDouble))
      .to(like.device());
}

at::Tensor subspaceEigenvectors(const at::Tensor& gram, int64_t rank, std::stop_token stop) {
  const int64_t columns = std::min(rank + kExtraColumns, gram.size(0));
  const double trace = at::diagonal(gram).sum().item<double>();
  at::Tensor basis = orthonormal(at::mm(gram, startBlock(gram.size(0), columns, gram)));
  double captured = 0;
  for (int step = 0; step < kMaxSteps; ++step) {
    if (stop.stop_requested()) return {};
    const at::Tensor image = at::mm(gram, basis);
    const double now = (basis * image).sum().item<double>();
    const double residual = trace - now;
    const bool settled = step > 0 && now - captured < kGainOfResidual * residual;
    if (settled || residual < kResidualFloor * trace) break;
    captured = now;
    basis = orthonormal(image);
  }
  return ritzVectors(gram, basis, rank);
}

/// X M in blocks of rows, (seq_len, columns of M) fp32.
at::Tensor timesColumns(const LayerRows& rows, const at::Tensor& matrix) {
  const int64_t width = rows.front().size(1);
  at::Tensor product;
  for (size_t layer = 0; layer < rows.size(); ++layer) {
    const int64_t begin = static_cast<int64_t>(layer) * width;
    const at::Tensor part = matrix.slice(0, begin, begin + width);
    const at::Tensor term = at::mm(rows[layer].to(matrix.scalar_type()), part);
    product = product.defined() ? product.add_(term) : term;
  }
  return product;
}

/// M^T X, (columns of M, n kv_dim).
at::Tensor timesRows(const at::Tensor& matrix, const LayerRows& rows) {
  std::vector<at::Tensor> parts;
  parts.reserve(rows.size());
  for (const at::Tensor& layer : rows) {
    parts.push_back(at::mm(matrix.t(), layer.to(matrix.scalar_type())));
  }
  return at::cat(parts, 1);
}

/// How many leading directions are above 1e-7 sigma_1, given the singular values in any order of decay.
int64_t keptRank(const at::Tensor& singular_values) {
  const double largest = singular_values.max().item<double>();
  if (largest <= 0) return 1;
  return std::max<int64_t>(1, (singular_values > kDropBelow * largest).sum().item<int64_t>());
}

GroupFactors finish(const at::Tensor& token_basis, const at::Tensor& layer_factors, int64_t kept,
                    at::ScalarType dtype) {
  GroupFactors factors;
  factors.rank = kept;
  factors.token_basis =
      token_basis.slice(1, 0, kept).to(dtype).clone(at::MemoryFormat::Contiguous);
  factors.layer_factors =
      layer_factors.slice(0, 0, kept).to(dtype).clone(at::MemoryFormat::Contiguous);
  return factors;
}

/// A = X V, B = V^T.
GroupFactors fromRightVectors(const LayerRows& rows, const at::Tensor& columns, at::ScalarType dtype) {
  const at::Tensor token_basis = timesColumns(rows, columns);
  const int64_t kept = keptRank(at::linalg_vector_norm(token_basis, 2, {0}));
  return finish(token_basis, columns.t(), kept, dtype);
}

/// A = U, B = U^T X; for prompts shorter than the group is wide.
GroupFactors fromLeftVectors(const LayerRows& rows, const at::Tensor& columns, at::ScalarType dtype) {
  const at::Tensor layer_factors = timesRows(columns, rows);
  const int64_t kept = keptRank(at::linalg_vector_norm(layer_factors, 2, {1}));
  return finish(columns, layer_factors, kept, dtype);
}

int64_t widthOf(const LayerRows& rows) {
  return static_cast<int64_t>(rows.size()) * rows.front().size(1);
}

Result<GroupFactors> factorExact(const LayerRows& rows, const FactorRequest& request) {
  const at::ScalarType type = scalarTypeOf(productsFor(widthOf(rows)));
  std::vector<at::Tensor> parts;
  for (const at::Tensor& layer : rows) parts.push_back(layer.to(type));
  const at::Tensor joined = at::cat(parts, 1);
  parts.clear();
  const auto [left, values, right] = at::linalg_svd(joined, /*full_matrices=*/false);
  const int64_t kept = std::min(request.rank, keptRank(values));
  const at::Tensor scaled = left.slice(1, 0, kept) * values.slice(0, 0, kept);
  return finish(scaled, right, kept, request.dtype);
}

/// Leading vectors of the smaller Gram matrix, in the dtype of the products; undefined when stopped.
at::Tensor gramVectors(const LayerRows& rows, const FactorRequest& request, Products products,
                       PhaseSink& phases, std::stop_token stop) {
  const bool wide = rows.front().size(0) < widthOf(rows);
  const std::string stream = request.stream_name;
  at::Tensor gram;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::gram, .group = request.group, .label = stream});
    gram = wide ? tokenGram(rows, products, stop) : groupGram(rows, products, stop);
  }
  if (!gram.defined()) return {};
  PhaseScope scope(phases, {.kind = PhaseKind::factor,
                            .group = request.group,
                            .label = stream + ", rank " + std::to_string(request.rank)});
  const bool full = request.backend == FactorBackend::gram_evd;
  const at::Tensor vectors = leadingEigenvectors(gram, request.rank, full, stop);
  if (!vectors.defined()) return {};
  const double residual = 1 - capturedShare(gram, vectors);
  const bool resolved = products == Products::fp64 || residual > kFp32Resolves * kFp32Resolves;
  // A bias that dominates, or rows that are nearly dependent: what is left is below what fp32 products see.
  if (!resolved) return gramVectors(rows, request, Products::fp64, phases, stop);
  return vectors.to(scalarTypeOf(products));
}

Result<GroupFactors> factorByGram(const LayerRows& rows, const FactorRequest& request,
                                  PhaseSink& phases, std::stop_token stop) {
  const bool wide = rows.front().size(0) < widthOf(rows);
  const Products products = productsFor(std::min(rows.front().size(0), widthOf(rows)));
  const at::Tensor vectors = gramVectors(rows, request, products, phases, stop);
  if (!vectors.defined() || stop.stop_requested()) return interrupted();
  PhaseScope scope(phases, {.kind = PhaseKind::factor,
                            .group = request.group,
                            .label = std::string(request.stream_name) + ", A and B"});
  return wide ? fromLeftVectors(rows, vectors, request.dtype)
              : fromRightVectors(rows, vectors, request.dtype);
}

}  // namespace

at::Tensor leadingEigenvectors(const at::Tensor& gram, int64_t rank, bool full,
                               std::stop_token stop) {
  const int64_t width = gram.size(0);
  if (full || width <= kFullWidth || 2 * (rank + kExtraColumns) > width) {
    const auto [values, vectors] = at::linalg_eigh(gram, "L");
    return vectors.flip(1).slice(1, 0, rank).contiguous();
  }
  return subspaceEigenvectors(gram, rank, stop);
}

Result<GroupFactors> factorGroup(const LayerRows& rows, const FactorRequest& request,
                                 PhaseSink& phases, std::stop_token stop) {
  if (stop.stop_requested()) return interrupted();
  if (request.backend != FactorBackend::exact) return factorByGram(rows, request, phases, stop);
  PhaseScope scope(phases,
                   {.kind = PhaseKind::factor,
                    .group = request.group,
                    .label = std::string(request.stream_name) + ", rank " +
                             std::to_string(request.rank)});
  return factorExact(rows, request);
}

}  // namespace xkv
