// SPDX-License-Identifier: GPL-3.0-or-later
/// The line of states and the place on it.
#include "app/window/view_history.h"

namespace xkv::window {
namespace {

constexpr int64_t kOneStep_ms = 500;
constexpr size_t kLongest = 200;

}  // namespace

void ViewHistory::reset(const ViewState& state) {
  states_ = {state};
  now_ = 0;
  last_ms_.reset();
}

void ViewHistory::record(const ViewState& state, int64_t now_ms) {
  if (state == states_[now_]) return;
  states_.resize(now_ + 1);
  // Only the what-if moves in a stream of small changes.
  ViewState moved = states_[now_];
  moved.what_if = state.what_if;
  const bool same_drag = last_ms_ && now_ms - *last_ms_ < kOneStep_ms && now_ > 0 && moved == state;
  if (same_drag) {
    states_[now_] = state;
  } else {
    if (states_.size() == kLongest) states_.erase(states_.begin());
    states_.push_back(state);
    now_ = states_.size() - 1;
  }
  last_ms_ = now_ms;
}

std::optional<ViewState> ViewHistory::undo() {
  last_ms_.reset();
  if (now_ == 0) return std::nullopt;
  return states_[--now_];
}

std::optional<ViewState> ViewHistory::redo() {
  last_ms_.reset();
  if (now_ + 1 >= states_.size()) return std::nullopt;
  return states_[++now_];
}

}  // namespace xkv::window
