// SPDX-License-Identifier: Apache-2.0
/// Rows of tokens that came after the prompt: dense, growing.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/cache/kv_cache.h"

namespace xkv {

/// Both streams of one layer as attention reads them. Room grows by halves, so the storage may be larger than
/// the rows.
class GeneratedRows {
 public:
  /// (n, heads, head_dim) each, keys rotated.
  void push(const StreamPair& rows);
  void clear() { used_ = 0; }
  int64_t size() const { return used_; }
  /// (size, heads, head_dim) each.
  StreamPair rows() const { return {rows_[0].slice(0, 0, used_), rows_[1].slice(0, 0, used_)}; }
  int64_t bytes() const;

 private:
  StreamPair rows_;  // (room, heads, head_dim)
  int64_t used_ = 0;
};

}  // namespace xkv
