// SPDX-License-Identifier: Apache-2.0
/// Cross-Gram blocks X_i^T X_j of cached rows, accumulated in fp64 between blocks of rows.
#include "engine/cache/gram.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "engine/cache/bf16_rows.h"
#include "engine/cache/layer_products.h"

namespace xkv {
namespace {

constexpr int64_t kBlockRows = 1024;
constexpr int64_t kPanel = 256;  // columns of a symmetric product at a time, between looks at the stop token

at::Tensor zerosFor(int64_t rows, int64_t columns, const at::Tensor& like) {
  return at::zeros({rows, columns}, like.options().dtype(at::kDouble));
}

/// What lies below the diagonal becomes what lies above it.
void mirror(at::Tensor& upper) {
  for (int64_t begin = kPanel; begin < upper.size(0); begin += kPanel) {
    const int64_t end = std::min(begin + kPanel, upper.size(0));
    upper.slice(0, begin, end).slice(1, 0, begin).copy_(upper.slice(0, 0, begin).slice(1, begin, end).t());
  }
}

/// sum += block^T block, on and above the diagonal's panels: half the work. False when stopped.
bool addProducts(at::Tensor& sum, const at::Tensor& block, const std::stop_token& stop) {
  for (int64_t begin = 0; begin < sum.size(0); begin += kPanel) {
    if (stop.stop_requested()) return false;
    const int64_t end = std::min(begin + kPanel, sum.size(0));
    sum.slice(0, begin, end)
        .slice(1, begin)
        .add_(at::mm(block.slice(1, begin, end).t(), block.slice(1, begin)));
  }
  return true;
}

}  // namespace

at::Tensor crossGram(const at::Tensor& rows_i, const at::Tensor& rows_j) {
  const int64_t seq_len = rows_i.size(0);
  at::Tensor sum = zerosFor(rows_i.size(1), rows_j.size(1), rows_i);
  for (int64_t begin = 0; begin < seq_len; begin += kBlockRows) {
    const int64_t end = std::min(begin + kBlockRows, seq_len);
    sum.add_(at::mm(rows_i.slice(0, begin, end).t(), rows_j.slice(0, begin, end)));
  }
  return sum;
}

at::Tensor groupGram(const LayerRows& rows, Products products, std::stop_token stop) {
  if (products == Products::fp32 && multipliesAsBf16(rows)) return bf16GroupGram(rows, stop);
  const int64_t seq_len = rows.front().size(0);
  const int64_t width = widthOf(rows);
  at::Tensor sum = zerosFor(width, width, rows.front());
  RowBlocks blocks(rows, scalarTypeOf(products));
  for (int64_t begin = 0; begin < seq_len; begin += kBlockRows) {
    const at::Tensor block = blocks.block(begin, std::min(begin + kBlockRows, seq_len));
    if (!addProducts(sum, block, stop)) return {};
  }
  mirror(sum);
  return sum;
}

at::Tensor tokenGram(const LayerRows& rows, Products products, std::stop_token stop) {
  if (products == Products::fp32 && multipliesAsBf16(rows)) return bf16TokenGram(rows, stop);
  const int64_t seq_len = rows.front().size(0);
  at::Tensor sum = zerosFor(seq_len, seq_len, rows.front());
  for (const at::Tensor& layer : rows) {
    if (!addProducts(sum, layer.to(scalarTypeOf(products)).t(), stop)) return {};
  }
  mirror(sum);
  return sum;
}

}  // namespace xkv
