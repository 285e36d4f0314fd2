// SPDX-License-Identifier: Apache-2.0
/// Whether cached rows are numbers that an analysis can use.
#include "engine/cache/row_values.h"

#include <ATen/ops/aminmax.h>

#include <cmath>

namespace xkv {

std::optional<double> unusableValue(const at::Tensor& rows) {
  const auto [smallest, largest] = at::aminmax(rows);
  for (const double value : {smallest.item<double>(), largest.item<double>()}) {
    if (value >= -kLargestValue && value <= kLargestValue) continue;  // false for NaN
    return std::isnan(value) ? std::fabs(value) : value;              // "nan" whatever its sign
  }
  return std::nullopt;
}

}  // namespace xkv
