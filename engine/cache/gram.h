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

/// Widths up to this are multiplied in fp64, so that small singular values stay exact; wider ones in fp32
/// inside a block of rows and fp64 between blocks (METHOD.md 3, Numerics).
constexpr int64_t kExactGramWidth = 1024;

/// X_i^T X_j, (width_i, width_j) in fp64; products in the rows' own dtype, fp32 or fp64.
at::Tensor crossGram(const at::Tensor& rows_i, const at::Tensor& rows_j);

/// X^T X of X = [rows[0] ... rows[n-1]], (n kv_dim, n kv_dim) in fp64. Undefined when stopped.
at::Tensor groupGram(const LayerRows& rows, std::stop_token stop);

/// X X^T, (seq_len, seq_len) in fp64; for prompts shorter than the group is wide. Undefined when stopped.
at::Tensor tokenGram(const LayerRows& rows, std::stop_token stop);

}  // namespace xkv
