// SPDX-License-Identifier: Apache-2.0
/// Cross-Gram blocks X_i^T X_j of cached rows, accumulated in fp64 between blocks of rows.
#include "engine/cache/gram.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace xkv {
namespace {

constexpr int64_t kBlockRows = 1024;

at::Tensor zerosFor(int64_t rows, int64_t columns, const at::Tensor& like) {
  return at::zeros({rows, columns}, like.options().dtype(at::kDouble));
}

/// Rows [begin, end) of all layers side by side.
at::Tensor blockOf(const LayerRows& rows, int64_t begin, int64_t end, at::ScalarType type) {
  std::vector<at::Tensor> parts;
  parts.reserve(rows.size());
  for (const at::Tensor& layer : rows) parts.push_back(layer.slice(0, begin, end).to(type));
  return parts.size() == 1 ? parts.front() : at::cat(parts, 1);
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
  const int64_t seq_len = rows.front().size(0);
  const int64_t width = static_cast<int64_t>(rows.size()) * rows.front().size(1);
  at::Tensor sum = zerosFor(width, width, rows.front());
  for (int64_t begin = 0; begin < seq_len; begin += kBlockRows) {
    if (stop.stop_requested()) return {};
    const at::Tensor block =
        blockOf(rows, begin, std::min(begin + kBlockRows, seq_len), scalarTypeOf(products));
    sum.add_(at::mm(block.t(), block));
  }
  return sum;
}

at::Tensor tokenGram(const LayerRows& rows, Products products, std::stop_token stop) {
  const int64_t seq_len = rows.front().size(0);
  at::Tensor sum = zerosFor(seq_len, seq_len, rows.front());
  for (const at::Tensor& layer : rows) {
    if (stop.stop_requested()) return {};
    const at::Tensor block = layer.to(scalarTypeOf(products));
    sum.add_(at::mm(block, block.t()));
  }
  return sum;
}

}  // namespace xkv
