// SPDX-License-Identifier: Apache-2.0
/// Products with X = [rows[0] ... rows[n-1]], which is never joined.
#include "engine/cache/layer_products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>

namespace xkv {

int64_t widthOf(const LayerRows& rows) {
  return static_cast<int64_t>(rows.size()) * rows.front().size(1);
}

at::Tensor timesColumns(const LayerRows& rows, const at::Tensor& matrix) {
  const int64_t width = rows.front().size(1);
  at::Tensor product;
  for (size_t layer = 0; layer < rows.size(); ++layer) {
    const int64_t begin = static_cast<int64_t>(layer) * width;
    const at::Tensor part = matrix.slice(0, begin, begin + width);
    const at::Tensor term = at::mm(rows[layer].to(matrix.scalar_type()), part);
    product = product.defined() ? product.add_(term) : term;
  }
  return product;
}

at::Tensor timesRows(const at::Tensor& matrix, const LayerRows& rows) {
  std::vector<at::Tensor> parts;
  parts.reserve(rows.size());
  for (const at::Tensor& layer : rows) {
    parts.push_back(at::mm(matrix.t(), layer.to(matrix.scalar_type())));
  }
  return at::cat(parts, 1);
}

}  // namespace xkv
