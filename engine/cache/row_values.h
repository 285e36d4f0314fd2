// SPDX-License-Identifier: Apache-2.0
/// Whether cached rows are numbers that an analysis can use.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace xkv {

/// Far above what any model makes, and far below where a sum of squares leaves fp32.
constexpr double kLargestValue = 1e15;

/// The smallest or largest value where it is beyond kLargestValue or no number.
std::optional<double> unusableValue(const at::Tensor& rows);

}  // namespace xkv
