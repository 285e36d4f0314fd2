// SPDX-License-Identifier: Apache-2.0
/// RMS norm over the last dimension.
#pragma once

#include <ATen/core/Tensor.h>

namespace xkv {

/// x (..., width), weight (width) → x's shape and dtype, computed in fp32.
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps);

}  // namespace xkv
