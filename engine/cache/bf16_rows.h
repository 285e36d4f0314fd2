// SPDX-License-Identifier: Apache-2.0
/// Products with bf16 rows by the processor's bf16 dot products: exact products, fp32 sums of at most 256 of them, fp64
/// between those.
#pragma once

#include "engine/cache/gram.h"

namespace xkv {

/// True where the rows are bf16 on a processor that multiplies bf16.
bool multipliesAsBf16(const LayerRows& rows);

/// As groupGram() and tokenGram(): undefined when stopped.
at::Tensor bf16GroupGram(const LayerRows& rows, const std::stop_token& stop);
at::Tensor bf16TokenGram(const LayerRows& rows, const std::stop_token& stop);

/// X M in fp32, of M rounded to bf16. Undefined when stopped.
at::Tensor bf16TimesColumns(const LayerRows& rows, const at::Tensor& matrix, const std::stop_token& stop);

}  // namespace xkv
