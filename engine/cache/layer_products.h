// SPDX-License-Identifier: Apache-2.0
/// Products with X = [rows[0] ... rows[n-1]], which is never joined.
#pragma once

#include "engine/cache/gram.h"

namespace xkv {

/// Columns of X.
int64_t widthOf(const LayerRows& rows);

/// Rows of X, some at a time, all layers side by side in one dtype. The storage is one block's, reused for the next.
class RowBlocks {
 public:
  RowBlocks(const LayerRows& rows, at::ScalarType type) : rows_(rows), type_(type) {}
  /// X[begin:end], valid until the next call.
  at::Tensor block(int64_t begin, int64_t end);

 private:
  const LayerRows& rows_;
  at::ScalarType type_;
  at::Tensor storage_;
};

/// What may be done to M where products of bf16 are faster.
enum class Rounding { none, to_bf16 };

/// X M, (seq_len, columns of M) in M's dtype, which is fp32 where M may be rounded. Undefined when stopped.
at::Tensor timesColumns(const LayerRows& rows, const at::Tensor& matrix, Rounding rounding,
                        const std::stop_token& stop);

/// M^T X, (columns of M, width) in M's dtype. Undefined when stopped.
at::Tensor timesRows(const at::Tensor& matrix, const LayerRows& rows, const std::stop_token& stop);

}  // namespace xkv
