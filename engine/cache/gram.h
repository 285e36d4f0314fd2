// SPDX-License-Identifier: Apache-2.0
/// Cross-Gram blocks X_i^T X_j of cached rows, accumulated in fp64 between blocks of rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <vector>

namespace xkv {

/// Rows of adjacent layers of one stream: one (seq_len, kv_dim) tensor per layer, any float dtype.
using LayerRows = std::vector<at::Tensor>;

/// How products inside a block of rows are taken; between blocks sums are fp64 (METHOD.md 3, Numerics). fp32
/// products resolve relative errors down to about 1e-3, fp64 ones to 1e-8. Those of bf16 rows are exact either way; where
/// the processor has bf16 dot products, fp32 ones are taken by them.
enum class Products { fp32, fp64 };

/// Up to this width fp64 products cost little, so small singular values are exact from the start.
constexpr int64_t kExactGramWidth = 1024;
constexpr Products productsFor(int64_t width) {
  return width <= kExactGramWidth ? Products::fp64 : Products::fp32;
}
constexpr at::ScalarType scalarTypeOf(Products products) {
  return products == Products::fp64 ? at::kDouble : at::kFloat;
}

/// X_i^T X_j, (width_i, width_j) in fp64; products in the rows' own dtype, fp32 or fp64.
at::Tensor crossGram(const at::Tensor& rows_i, const at::Tensor& rows_j);

/// X^T X of X = [rows[0] ... rows[n-1]], (n kv_dim, n kv_dim) in fp64. Undefined when stopped.
at::Tensor groupGram(const LayerRows& rows, Products products, std::stop_token stop);

/// X X^T, (seq_len, seq_len) in fp64; for prompts shorter than the group is wide. Undefined when stopped.
at::Tensor tokenGram(const LayerRows& rows, Products products, std::stop_token stop);

}  // namespace xkv
