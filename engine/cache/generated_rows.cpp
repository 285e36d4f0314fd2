// SPDX-License-Identifier: Apache-2.0
/// Rows of tokens generated after the prompt: dense, growing, one per token.
#include "engine/cache/generated_rows.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace xkv {
namespace {

constexpr int64_t kFirstRoom = 8;  // tokens

at::Tensor grown(const at::Tensor& old, int64_t used, int64_t room, const at::Tensor& like) {
  at::Tensor larger = at::empty({room, like.size(1), like.size(2)}, like.options());
  if (used > 0) larger.slice(0, 0, used).copy_(old.slice(0, 0, used));
  return larger;
}

}  // namespace

void GeneratedRows::push(const at::Tensor& keys, const at::Tensor& values) {
  const int64_t room = keys_.defined() ? keys_.size(0) : 0;
  if (used_ == room) {
    const int64_t larger = std::max(kFirstRoom, room + room / 2);
    keys_ = grown(keys_, used_, larger, keys);
    values_ = grown(values_, used_, larger, values);
  }
  keys_.slice(0, used_, used_ + 1).copy_(keys);
  values_.slice(0, used_, used_ + 1).copy_(values);
  ++used_;
}

int64_t GeneratedRows::bytes() const {
  if (!keys_.defined()) return 0;
  return static_cast<int64_t>(keys_.storage().nbytes() + values_.storage().nbytes());
}

}  // namespace xkv
