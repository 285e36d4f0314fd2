// SPDX-License-Identifier: Apache-2.0
/// Rows of tokens that came after the prompt: dense, growing.
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

void GeneratedRows::push(const StreamPair& rows) {
  const int64_t needed = used_ + rows[0].size(0);
  const int64_t room = rows_[0].defined() ? rows_[0].size(0) : 0;
  const int64_t larger = std::max({kFirstRoom, room + room / 2, needed});
  for (size_t i = 0; i < rows.size(); ++i) {
    if (needed > room) rows_[i] = grown(rows_[i], used_, larger, rows[i]);
    rows_[i].slice(0, used_, needed).copy_(rows[i]);
  }
  used_ = needed;
}

int64_t GeneratedRows::bytes() const {
  if (!rows_[0].defined()) return 0;
  return static_cast<int64_t>(rows_[0].storage().nbytes() + rows_[1].storage().nbytes());
}

}  // namespace xkv
