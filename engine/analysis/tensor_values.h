// SPDX-License-Identifier: Apache-2.0
/// Tensors as plain vectors, for records.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace xkv {

/// All elements in row-major order.
std::vector<float> floatsOf(const at::Tensor& tensor);
std::vector<double> doublesOf(const at::Tensor& tensor);

}  // namespace xkv
