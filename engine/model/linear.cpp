// SPDX-License-Identifier: Apache-2.0
/// A linear layer: weight and, where a model has one, bias.
#include "engine/model/linear.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <array>

#include "engine/ops/simd/cpu_products.h"
#include "engine/ops/simd/matvec.h"
#include "engine/ops/tensor_rows.h"

namespace xkv {
namespace {

constexpr int64_t kBlockElements = 4 << 20;  // of a weight that are in fp32 at a time

bool isPlain(const Linear& linear, const at::Tensor& x) {
  return hasPlainElements(x) && hasPlainRows(linear.weight) &&
         x.scalar_type() == linear.weight.scalar_type();
}

/// One row whose product is a pass over the weights.
bool isOneRow(const Linear& linear, const at::Tensor& x) {
  return x.dim() == 2 && x.size(0) == 1 && x.is_contiguous() && isPlain(linear, x);
}

bool needsFloatProducts(const Linear& linear, const at::Tensor& x) {
  return x.dim() == 2 && isPlain(linear, x) && !simd::multipliesFast(dtypeOf(x.scalar_type()));
}

simd::MatvecWeight weightOf(const Linear& linear, at::Tensor& result) {
  return {.weight = linear.weight.const_data_ptr(),
          .bias = linear.bias.defined() ? linear.bias.const_data_ptr() : nullptr,
          .out = linear.weight.size(0),
          .result = result.mutable_data_ptr()};
}

simd::MatvecArgs argsOf(const at::Tensor& x, std::span<const simd::MatvecWeight> weights) {
  const Dtype dtype = dtypeOf(x.scalar_type());
  return {.x = x.const_data_ptr(),
          .x_dtype = dtype,
          .in = x.size(1),
          .weight_dtype = dtype,
          .result_dtype = dtype,
          .weights = weights};
}

at::Tensor rowFor(const Linear& linear, const at::Tensor& x) {
  return at::empty({1, linear.weight.size(0)}, x.options());
}

/// The weights become fp32 a block of rows at a time; products of a block are rounded as they are stored.
at::Tensor floatProducts(const Linear& linear, const at::Tensor& x) {
  const int64_t out = linear.weight.size(0);
  const at::Tensor wide = x.to(at::kFloat);
  at::Tensor result = at::empty({x.size(0), out}, x.options());
  const int64_t step = std::max<int64_t>(1, kBlockElements / std::max<int64_t>(1, x.size(1)));
  for (int64_t begin = 0; begin < out; begin += step) {
    const int64_t end = std::min(begin + step, out);
    at::Tensor product = at::mm(wide, linear.weight.slice(0, begin, end).to(at::kFloat).t());
    if (linear.bias.defined()) product.add_(linear.bias.slice(0, begin, end));
    result.slice(1, begin, end).copy_(product);
  }
  return result;
}

}  // namespace

at::Tensor apply(const Linear& linear, const at::Tensor& x) {
  if (isOneRow(linear, x)) return applyAll({linear}, x).front();
  if (needsFloatProducts(linear, x)) return floatProducts(linear, x);
  return linear.bias.defined() ? at::linear(x, linear.weight, linear.bias)
                               : at::linear(x, linear.weight);
}

std::vector<at::Tensor> applyAll(
    const std::vector<std::reference_wrapper<const Linear>>& linears, const at::Tensor& x) {
  std::vector<at::Tensor> results;
  results.reserve(linears.size());
  const auto is_one_row = [&](const Linear& linear) { return isOneRow(linear, x); };
  if (!std::ranges::all_of(linears, is_one_row)) {
    for (const Linear& linear : linears) results.push_back(apply(linear, x));
    return results;
  }
  std::vector<simd::MatvecWeight> weights;
  for (const Linear& linear : linears) {
    results.push_back(rowFor(linear, x));
    weights.push_back(weightOf(linear, results.back()));
  }
  simd::matvec(argsOf(x, weights));
  return results;
}

at::Tensor applyGated(const Linear& gate, const Linear& up, const at::Tensor& x) {
  if (!isOneRow(gate, x) || !isOneRow(up, x)) {
    return at::silu(apply(gate, x)).mul_(apply(up, x));
  }
  at::Tensor result = rowFor(gate, x);
  const std::array<simd::MatvecWeight, 2> weights{weightOf(gate, result), weightOf(up, result)};
  simd::gatedMatvec(argsOf(x, weights));
  return result;
}

}  // namespace xkv
