// SPDX-License-Identifier: Apache-2.0
/// Tensors as operations over plain pointers take them.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/cache/cache_parts.h"

namespace xkv {

/// On the CPU in fp32, bf16 or fp16: what operations over plain pointers read.
inline bool hasPlainElements(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  return x.device().is_cpu() &&
         (type == at::kFloat || type == at::kBFloat16 || type == at::kHalf);
}

/// The same, one row after the other without gaps.
inline bool hasPlainRows(const at::Tensor& x) { return hasPlainElements(x) && x.is_contiguous(); }

}  // namespace xkv
