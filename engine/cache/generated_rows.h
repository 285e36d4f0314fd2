// SPDX-License-Identifier: Apache-2.0
/// Rows of tokens generated after the prompt: dense, growing, one per token.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace xkv {

/// Rotated keys and values of one layer. Room grows by halves, so the storage may be larger than the rows.
class GeneratedRows {
 public:
  /// keys and values (1, num_kv_heads, head_dim), keys rotated.
  void push(const at::Tensor& keys, const at::Tensor& values);
  void clear() { used_ = 0; }
  int64_t size() const { return used_; }
  at::Tensor keys() const { return keys_.slice(0, 0, used_); }
  at::Tensor values() const { return values_.slice(0, 0, used_); }
  int64_t bytes() const;

 private:
  at::Tensor keys_;  // (room, num_kv_heads, head_dim)
  at::Tensor values_;
  int64_t used_ = 0;
};

}  // namespace xkv
