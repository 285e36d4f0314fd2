// SPDX-License-Identifier: Apache-2.0
/// RMS norm over the last dimension: in one pass on the CPU.
#include "engine/model/rms_norm.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/rms_norm.h>

#include "engine/ops/simd/rms_norm.h"
#include "engine/ops/tensor_rows.h"

namespace xkv {

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  const int64_t width = weight.size(0);
  const bool plain = hasPlainRows(x) && hasPlainRows(weight);
  if (!plain || x.scalar_type() != weight.scalar_type()) {
    return at::rms_norm(x, {width}, weight, eps);
  }
  at::Tensor result = at::empty_like(x);
  simd::rmsNorm({.x = x.const_data_ptr(),
                 .weight = weight.const_data_ptr(),
                 .result = result.mutable_data_ptr(),
                 .dtype = dtypeOf(x.scalar_type()),
                 .rows = x.numel() / width,
                 .width = width,
                 .eps = eps});
  return result;
}

}  // namespace xkv
