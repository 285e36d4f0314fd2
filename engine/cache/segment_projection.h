// SPDX-License-Identifier: Apache-2.0
/// New rows on the basis of their group: projected where that loses little, else on the basis extended for them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace xkv {

struct SegmentProjection {
  double residual = 0;      ///< ||X - P X|| / ||X|| on the basis as it was: the drift
  at::Tensor new_rows;      // (q, width), orthonormal and orthogonal to the basis; q = 0 where it was enough
};

/// rows (n, width) and basis (rank, width), both fp32. The fewest directions are added that bring the relative
/// error to `most_residual`.
SegmentProjection extendBasis(const at::Tensor& rows, const at::Tensor& basis, double most_residual);

/// Least-squares coefficients C (n, rank) of rows ~ C basis, for basis rows of any scale.
at::Tensor coefficientsOn(const at::Tensor& rows, const at::Tensor& basis);

}  // namespace xkv
