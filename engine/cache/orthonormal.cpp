// SPDX-License-Identifier: Apache-2.0
/// Columns made orthonormal by Cholesky QR.
#include "engine/cache/orthonormal.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/where.h>

#include <optional>

namespace xkv {
namespace {

constexpr double kFirstShift = 1e-5;  // of the mean diagonal
constexpr int kLadderSteps = 4;       // each ten times the last
constexpr int kMostPasses = 6;

/// Least diagonals of R for columns of norm 1.
struct Limits {
  double solvable;           ///< below, rounding of the Gram matrix decides: Householder QR
  double nearly_orthogonal;  ///< above, one pass is enough
};
constexpr Limits kFp64Limits{1e-6, 0.03};
constexpr Limits kFp32Limits{3e-3, 0.7};

/// Upper R with R^T R = gram + shift; none where it is not positive definite.
std::optional<at::Tensor> choleskyOf(const at::Tensor& gram, double shift) {
  const at::Tensor shifted = shift > 0 ? gram + at::eye(gram.size(0), gram.options()) * shift : gram;
  const auto [factor, info] = at::linalg_cholesky_ex(shifted, /*upper=*/true);
  if (info.item<int>() != 0 || !at::diagonal(factor).isfinite().all().item<bool>()) {
    return std::nullopt;
  }
  return factor;
}

/// columns E lambda^-1/2: what no shift could save.
at::Tensor repaired(const at::Tensor& columns, const at::Tensor& gram) {
  const auto [values, vectors] = at::linalg_eigh(gram, "L");
  const double rounding = columns.scalar_type() == at::kDouble ? 1e-12 : 1e-6;
  const double limit = values.max().item<double>() * rounding;
  const at::Tensor scale = at::where(values > limit, values.clamp_min(1e-300).rsqrt(), 0.0);
  return at::mm(columns, (vectors * scale).to(columns.scalar_type()));
}

at::Tensor onePass(const at::Tensor& columns, const at::Tensor& gram) {
  const double mean = at::diagonal(gram).mean().item<double>();
  double shift = kFirstShift * mean;
  for (int step = 0; step < kLadderSteps; ++step, shift *= 10) {
    if (const auto factor = choleskyOf(gram, shift)) {
      return at::linalg_solve_triangular(factor->to(columns.scalar_type()), columns, /*upper=*/true,
                                         /*left=*/false);
    }
  }
  return repaired(columns, gram);
}

struct CholeskyQr {
  at::Tensor columns;
  bool is_orthonormal = false;  // to rounding; else a second pass makes it so
};

/// One pass; Householder QR where the columns are too close to dependent.
CholeskyQr choleskyQr(const at::Tensor& columns) {
  const at::ScalarType type = columns.scalar_type();
  const Limits limits = type == at::kDouble ? kFp64Limits : kFp32Limits;
  const at::Tensor norms = at::linalg_vector_norm(columns, 2, {0}).clamp_min(1e-30);
  const at::Tensor scaled = columns / norms;
  const at::Tensor gram = at::mm(scaled.t(), scaled).to(at::kDouble);
  const auto [factor, info] = at::linalg_cholesky_ex(gram, /*upper=*/true);
  const double smallest = at::diagonal(factor).min().item<double>();
  if (info.item<int>() != 0 || !(smallest > limits.solvable)) {
    return {std::get<0>(at::linalg_qr(scaled, "reduced")), true};
  }
  const at::Tensor inverse = at::linalg_solve_triangular(
      factor, at::eye(factor.size(0), factor.options()), /*upper=*/true);
  // One product: faster than solving for every row.
  return {at::mm(scaled, inverse.to(type)), smallest > limits.nearly_orthogonal};
}

}  // namespace

at::Tensor nearlyOrthonormal(const at::Tensor& columns) { return choleskyQr(columns).columns; }

at::Tensor orthonormal(const at::Tensor& columns) {
  const CholeskyQr first = choleskyQr(columns);
  return first.is_orthonormal ? first.columns : choleskyQr(first.columns).columns;
}

at::Tensor shiftedCholeskyQr(at::Tensor columns) {
  // Largest entry of Q^T Q - I that counts as rounding.
  const double rounding = columns.scalar_type() == at::kDouble ? 1e-11 : 1e-5;
  const at::Tensor unit = at::eye(columns.size(1), columns.options().dtype(at::kDouble));
  for (int pass = 0; pass < kMostPasses; ++pass) {
    const at::Tensor norms = at::linalg_vector_norm(columns, 2, {0});
    columns = at::where(norms > 0, columns / norms.clamp_min(1e-30), 0.0);
    const at::Tensor gram = at::mm(columns.t(), columns).to(at::kDouble);
    const double off = (gram - unit).abs().max().item<double>();
    if (off < rounding) return columns;
    // The last pass takes whatever is still dependent out by eigenvectors.
    columns = pass + 1 < kMostPasses ? onePass(columns, gram) : repaired(columns, gram);
  }
  return columns;
}

}  // namespace xkv
