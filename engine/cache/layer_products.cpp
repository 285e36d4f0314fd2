// SPDX-License-Identifier: Apache-2.0
/// Products with X = [rows[0] ... rows[n-1]], which is never joined.
#include "engine/cache/layer_products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include "engine/cache/bf16_rows.h"

namespace xkv {

int64_t widthOf(const LayerRows& rows) {
  return static_cast<int64_t>(rows.size()) * rows.front().size(1);
}

at::Tensor RowBlocks::block(int64_t begin, int64_t end) {
  const at::Tensor& first = rows_.front();
  if (rows_.size() == 1 && first.scalar_type() == type_) return first.slice(0, begin, end);
  if (!storage_.defined() || storage_.size(0) < end - begin) {
    storage_ = at::empty({end - begin, widthOf(rows_)}, first.options().dtype(type_));
  }
  const at::Tensor block = storage_.slice(0, 0, end - begin);
  int64_t column = 0;
  for (const at::Tensor& layer : rows_) {
    block.slice(1, column, column + layer.size(1)).copy_(layer.slice(0, begin, end));
    column += layer.size(1);
  }
  return block;
}

at::Tensor timesColumns(const LayerRows& rows, const at::Tensor& matrix, Rounding rounding) {
  if (rounding == Rounding::to_bf16 && multipliesAsBf16(rows)) return bf16TimesColumns(rows, matrix);
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
