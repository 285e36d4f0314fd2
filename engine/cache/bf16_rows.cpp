// SPDX-License-Identifier: Apache-2.0
/// Products with bf16 rows by the processor's bf16 dot products.
#include "engine/cache/bf16_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

#include "engine/cache/layer_products.h"
#include "engine/ops/simd/bf16_products.h"
#include "engine/ops/simd/cpu_products.h"

namespace xkv {
namespace {

constexpr int64_t kDepth = 1024;  // of panels: eight of them are what a core's second cache holds

/// Panels and their memory.
class Panels {
 public:
  Panels(int64_t depth, int64_t columns)
      : storage_(at::empty({simd::Bf16Panels::lengthFor(depth, columns)}, at::kInt)),
        panels_{reinterpret_cast<uint32_t*>(storage_.mutable_data_ptr<int32_t>()), depth, columns} {}

  /// In the same memory; no larger than at first.
  void resize(int64_t depth, int64_t columns) {
    panels_.depth = depth;
    panels_.columns = columns;
  }
  simd::Bf16Panels& get() { return panels_; }
  const simd::Bf16Panels& get() const { return panels_; }

 private:
  at::Tensor storage_;
  simd::Bf16Panels panels_;
};

/// Calls work(begin, end) for pieces of [0, count) of at most `most`.
template <class Work>
void inPieces(int64_t count, int64_t most, const Work& work) {
  for (int64_t begin = 0; begin < count; begin += most) work(begin, std::min(begin + most, count));
}

at::Tensor zeroSums(int64_t rows, int64_t columns) { return at::zeros({rows, columns}, at::kDouble); }

/// Rows [begin, end) of a matrix in bf16 become depth.
void packPart(const at::Tensor& matrix, int64_t begin, int64_t end, int64_t first, Panels& to) {
  const at::Tensor part = matrix.slice(0, begin, end);
  simd::packColumns(part.const_data_ptr(), part.stride(0), first, part.size(1), to.get());
}

/// All layers side by side.
void packRows(const LayerRows& rows, int64_t begin, int64_t end, Panels& to) {
  int64_t first = 0;
  for (const at::Tensor& layer : rows) {
    packPart(layer, begin, end, first, to);
    first += layer.size(1);
  }
}

}  // namespace

bool multipliesAsBf16(const LayerRows& rows) {
  return simd::multipliesFast(Dtype::bf16) && std::ranges::all_of(rows, [](const at::Tensor& layer) {
           return layer.scalar_type() == at::kBFloat16 && layer.device().is_cpu() && layer.stride(1) == 1;
         });
}

at::Tensor bf16GroupGram(const LayerRows& rows, const std::stop_token& stop) {
  const int64_t seq_len = rows.front().size(0);
  const int64_t width = widthOf(rows);
  const at::Tensor sum = zeroSums(width, width);
  Panels panels(std::min(seq_len, kDepth), width);
  for (int64_t begin = 0; begin < seq_len; begin += kDepth) {
    if (stop.stop_requested()) return {};
    const int64_t end = std::min(begin + kDepth, seq_len);
    panels.resize(end - begin, width);
    packRows(rows, begin, end, panels);
    simd::addGram(panels.get(), sum.mutable_data_ptr<double>(), width, stop);
  }
  simd::mirrorUpper(sum.mutable_data_ptr<double>(), width, stop);
  return stop.stop_requested() ? at::Tensor() : sum;
}

at::Tensor bf16TokenGram(const LayerRows& rows, const std::stop_token& stop) {
  const int64_t seq_len = rows.front().size(0);
  const at::Tensor sum = zeroSums(seq_len, seq_len);
  Panels panels(std::min(rows.front().size(1), kDepth), seq_len);
  for (const at::Tensor& layer : rows) {
    for (int64_t begin = 0; begin < layer.size(1); begin += kDepth) {
      if (stop.stop_requested()) return {};
      const at::Tensor part = layer.slice(1, begin, std::min(begin + kDepth, layer.size(1)));
      panels.resize(part.size(1), seq_len);
      simd::packRows(part.const_data_ptr(), part.stride(0), 0, seq_len, panels.get());
      simd::addGram(panels.get(), sum.mutable_data_ptr<double>(), seq_len, stop);
    }
  }
  simd::mirrorUpper(sum.mutable_data_ptr<double>(), seq_len, stop);
  return stop.stop_requested() ? at::Tensor() : sum;
}

at::Tensor bf16TimesColumns(const LayerRows& rows, const at::Tensor& matrix, const std::stop_token& stop) {
  const int64_t seq_len = rows.front().size(0);
  const int64_t kv_dim = rows.front().size(1);
  const int64_t columns = matrix.size(1);
  const at::Tensor rounded = matrix.to(at::kBFloat16).contiguous();
  std::vector<Panels> pieces;  // of each layer, at most 1,024 rows each
  for (int64_t layer = 0; layer < matrix.size(0); layer += kv_dim) {
    inPieces(kv_dim, kDepth, [&](int64_t begin, int64_t end) {
      packPart(rounded, layer + begin, layer + end, 0, pieces.emplace_back(end - begin, columns));
    });
  }
  const at::Tensor product = at::empty({seq_len, columns}, at::kFloat);
  Panels left(std::min(kv_dim, kDepth), std::min(seq_len, kDepth));
  inPieces(seq_len, kDepth, [&](int64_t begin, int64_t end) {
    if (stop.stop_requested()) return;
    const at::Tensor sum = zeroSums(end - begin, columns);
    auto right = pieces.begin();
    for (const at::Tensor& layer : rows) {
      inPieces(kv_dim, kDepth, [&](int64_t from, int64_t to) {
        const at::Tensor part = layer.slice(0, begin, end).slice(1, from, to);
        left.resize(to - from, end - begin);
        simd::packRows(part.const_data_ptr(), part.stride(0), 0, end - begin, left.get());
        simd::addProducts(left.get(), (*right++).get(), sum.mutable_data_ptr<double>(), columns);
      });
    }
    product.slice(0, begin, end).copy_(sum);
  });
  return stop.stop_requested() ? at::Tensor() : product;
}

}  // namespace xkv
