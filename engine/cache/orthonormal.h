// SPDX-License-Identifier: Apache-2.0
/// Columns made orthonormal by Cholesky QR, which is matrix products where Householder QR is not (ENGINE.md).
#pragma once

#include <ATen/core/Tensor.h>

namespace xkv {

/// Columns, fp32 or fp64, that a power step left well scaled; Householder QR where they are too close to dependent.
at::Tensor orthonormal(const at::Tensor& columns);
/// The same in one pass: orthonormal to the rounding of the square of their condition.
at::Tensor nearlyOrthonormal(const at::Tensor& columns);

/// Columns of any condition, fp32 or fp64: shifted Cholesky QR, the shift 1e-5 of the mean diagonal and ten times
/// more after each failure, then eigenvectors; repeated until the columns are orthonormal. Directions that the
/// columns do not have come out as zeros.
at::Tensor shiftedCholeskyQr(at::Tensor columns);

}  // namespace xkv
