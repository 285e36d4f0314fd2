// SPDX-License-Identifier: Apache-2.0
/// New rows on the basis of their group: projected where that loses little, else on the basis extended for them.
#include "engine/cache/segment_projection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>

#include <algorithm>

#include "engine/cache/gram_eigenvectors.h"

namespace xkv {
namespace {

// Of the mean diagonal: rows of a basis that rounding has made dependent are left out, not divided by.
constexpr double kShift = 1e-10;
constexpr double kFp32Residual = 1e-6;  // what is left below this is rounding, and no direction

double normOf(const at::Tensor& x) {
  return at::linalg_vector_norm(x, 2, {}, false, at::kDouble).item<double>();
}

}  // namespace

at::Tensor coefficientsOn(const at::Tensor& rows, const at::Tensor& basis) {
  const at::Tensor wide = basis.to(at::kDouble);
  at::Tensor gram = at::mm(wide, wide.t());
  gram = gram + at::eye(gram.size(0), gram.options()) * (kShift * at::diagonal(gram).mean());
  const at::Tensor factor = std::get<0>(at::linalg_cholesky_ex(gram, /*upper=*/false));
  const at::Tensor products = at::mm(wide, rows.to(at::kDouble).t());
  return at::cholesky_solve(products, factor, /*upper=*/false).t().to(at::kFloat).contiguous();
}

SegmentProjection extendBasis(const at::Tensor& rows, const at::Tensor& basis,
                              double most_residual) {
  const at::Tensor rest =
      (rows - at::mm(coefficientsOn(rows, basis), basis)).to(at::kDouble);
  const double whole = normOf(rows);
  const double lost = normOf(rest);
  SegmentProjection projection;
  projection.residual = whole > 0 ? lost / whole : 0;
  projection.new_rows = basis.slice(0, 0, 0);
  const double allowed = std::max(most_residual, kFp32Residual);
  if (projection.residual <= allowed) return projection;
  const auto [values, vectors] = at::linalg_eigh(at::mm(rest, rest.t()), "L");
  const int64_t most = std::min(rows.size(0), rows.size(1) - basis.size(0));
  if (most <= 0) return projection;
  const int64_t count = rankForError(values, allowed * whole / lost, most);
  const at::Tensor leading = vectors.flip(1).slice(1, 0, count);
  const at::Tensor directions = at::mm(leading.t(), rest);
  const at::Tensor norms = at::linalg_vector_norm(directions, 2, {1}, /*keepdim=*/true);
  projection.new_rows = (directions / norms.clamp_min(1e-300)).to(at::kFloat);
  return projection;
}

}  // namespace xkv
