// SPDX-License-Identifier: Apache-2.0
/// Rows of tokens that came after the prompt: dense, growing.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/cache/kv_cache.h"

namespace xkv {

/// Both streams of one layer. Room grows by halves, so the storage may be larger than the rows.
class GeneratedRows {
 public:
  /// (n, heads, head_dim) each.
  void push(const StreamPair& rows);
  void clear();
  /// The oldest rows of one stream are kept elsewhere from now on.
  void dropFront(size_t place, int64_t count);
  /// Tokens that came, dropped ones included.
  int64_t size() const { return size_; }
  /// (size less what was dropped, heads, head_dim) each; undefined where no token came.
  StreamPair rows() const;
  int64_t bytes() const;

 private:
  StreamPair rows_;  // (room, heads, head_dim)
  std::array<int64_t, 2> used_{};
  int64_t size_ = 0;
};

}  // namespace xkv
