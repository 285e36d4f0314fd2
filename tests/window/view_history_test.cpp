// SPDX-License-Identifier: GPL-3.0-or-later
/// Undo and redo of what is shown.
#include "app/window/view_history.h"

#include <gtest/gtest.h>

namespace xkv::window {
namespace {

ViewState rank(int64_t rank_k) {
  ViewState state;
  state.what_if.emplace();
  state.what_if->rank_k = rank_k;
  return state;
}

ViewState layer(const ViewState& from, int64_t number) {
  ViewState state = from;
  state.selection.layers = views::LayerPair{number, number};
  return state;
}

TEST(ViewHistory, GoesBackAndForth) {
  ViewHistory history;
  history.reset(rank(24));
  history.record(layer(rank(24), 3), 0);
  history.record(layer(rank(20), 3), 1000);
  EXPECT_EQ(history.undo(), layer(rank(24), 3));
  EXPECT_EQ(history.undo(), rank(24));
  EXPECT_EQ(history.undo(), std::nullopt);
  EXPECT_EQ(history.redo(), layer(rank(24), 3));
  EXPECT_EQ(history.redo(), layer(rank(20), 3));
  EXPECT_EQ(history.redo(), std::nullopt);
}

TEST(ViewHistory, ADragIsOneStep) {
  ViewHistory history;
  history.reset(rank(24));
  for (int i = 1; i <= 50; ++i) history.record(rank(24 + i), i * 16);
  history.record(rank(10), 5000);
  EXPECT_EQ(history.undo(), rank(74));
  EXPECT_EQ(history.undo(), rank(24));
}

TEST(ViewHistory, AnotherSelectionIsAStepHoweverFast) {
  ViewHistory history;
  history.reset(rank(24));
  history.record(layer(rank(24), 1), 0);
  history.record(layer(rank(24), 2), 10);
  EXPECT_EQ(history.undo(), layer(rank(24), 1));
}

TEST(ViewHistory, ANewStepDropsWhatCouldBeRedone) {
  ViewHistory history;
  history.reset(rank(24));
  history.record(rank(30), 0);
  EXPECT_EQ(history.undo(), rank(24));
  history.record(rank(40), 1);
  EXPECT_EQ(history.redo(), std::nullopt);
  EXPECT_EQ(history.undo(), rank(24));
  history.reset(rank(8));
  EXPECT_EQ(history.undo(), std::nullopt);
}

}  // namespace
}  // namespace xkv::window
