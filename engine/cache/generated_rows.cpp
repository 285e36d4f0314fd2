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
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t needed = used_[i] + rows[i].size(0);
    const int64_t room = rows_[i].defined() ? rows_[i].size(0) : 0;
    const int64_t larger = std::max({kFirstRoom, room + room / 2, needed});
    if (needed > room) rows_[i] = grown(rows_[i], used_[i], larger, rows[i]);
    rows_[i].slice(0, used_[i], needed).copy_(rows[i]);
    used_[i] = needed;
  }
  size_ += rows[0].size(0);
}

void GeneratedRows::clear() {
  used_ = {};
  size_ = 0;
}

void GeneratedRows::dropFront(size_t place, int64_t count) {
  const at::Tensor rest = rows_[place].slice(0, count, used_[place]);
  used_[place] -= count;
  rows_[place] = grown(rest, used_[place], std::max(kFirstRoom, used_[place]), rest);
}

StreamPair GeneratedRows::rows() const {
  if (!rows_[0].defined()) return {};
  return {rows_[0].slice(0, 0, used_[0]), rows_[1].slice(0, 0, used_[1])};
}

int64_t GeneratedRows::bytes() const {
  if (!rows_[0].defined()) return 0;
  return static_cast<int64_t>(rows_[0].storage().nbytes() + rows_[1].storage().nbytes());
}

}  // namespace xkv
