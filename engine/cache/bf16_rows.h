// SPDX-License-Identifier: Apache-2.0
/// Products with bf16 rows by the processor's bf16 dot products: exact products, fp32 sums of at most 1,024 of them, fp64
/// between those. A matrix M in fp32 is taken as two bf16 matrices whose sum is M to 16 bits.
#pragma once

#include "engine/cache/gram.h"

namespace xkv {

/// True where the rows are bf16 on a processor that multiplies bf16.
bool multipliesAsBf16(const LayerRows& rows);

/// As groupGram() and tokenGram().
at::Tensor bf16GroupGram(const LayerRows& rows, const std::stop_token& stop);
at::Tensor bf16TokenGram(const LayerRows& rows, const std::stop_token& stop);

/// X M and M^T X in fp32, of M in fp32.
at::Tensor bf16TimesColumns(const LayerRows& rows, const at::Tensor& matrix);
at::Tensor bf16TimesRows(const at::Tensor& matrix, const LayerRows& rows);

}  // namespace xkv
