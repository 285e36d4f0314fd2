// SPDX-License-Identifier: Apache-2.0
/// Products with X = [rows[0] ... rows[n-1]], which is never joined.
#pragma once

#include "engine/cache/gram.h"

namespace xkv {

/// Columns of X.
int64_t widthOf(const LayerRows& rows);

/// X M, (seq_len, columns of M) in M's dtype.
at::Tensor timesColumns(const LayerRows& rows, const at::Tensor& matrix);

/// M^T X, (columns of M, width) in M's dtype.
at::Tensor timesRows(const at::Tensor& matrix, const LayerRows& rows);

}  // namespace xkv
