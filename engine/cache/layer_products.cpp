// SPDX-License-Identifier: Apache-2.0
/// Products with X = [rows[0] ... rows[n-1]], which is never joined.
#include "engine/cache/layer_products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "engine/cache/bf16_rows.h"

namespace xkv {
namespace {

constexpr int64_t kBlockRows = 1024;  // between looks at the stop token

}  // namespace

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

at::Tensor timesColumns(const LayerRows& rows, const at::Tensor& matrix, Rounding rounding,
                        const std::stop_token& stop) {
  if (rounding == Rounding::to_bf16 && multipliesAsBf16(rows)) return bf16TimesColumns(rows, matrix, stop);
  const int64_t seq_len = rows.front().size(0);
  const at::Tensor product = at::empty({seq_len, matrix.size(1)}, matrix.options());
  RowBlocks blocks(rows, matrix.scalar_type());
  for (int64_t begin = 0; begin < seq_len; begin += kBlockRows) {
    if (stop.stop_requested()) return {};
    const int64_t end = std::min(begin + kBlockRows, seq_len);
    at::Tensor part = product.slice(0, begin, end);
    at::mm_out(part, blocks.block(begin, end), matrix);
  }
  return product;
}

at::Tensor timesRows(const at::Tensor& matrix, const LayerRows& rows, const std::stop_token& stop) {
  const int64_t seq_len = rows.front().size(0);
  at::Tensor product = at::zeros({matrix.size(1), widthOf(rows)}, matrix.options());
  RowBlocks blocks(rows, matrix.scalar_type());
  for (int64_t begin = 0; begin < seq_len; begin += kBlockRows) {
    if (stop.stop_requested()) return {};
    const int64_t end = std::min(begin + kBlockRows, seq_len);
    product.addmm_(matrix.slice(0, begin, end).t(), blocks.block(begin, end));
  }
  return product;
}

}  // namespace xkv
