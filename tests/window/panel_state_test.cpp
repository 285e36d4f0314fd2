// SPDX-License-Identifier: GPL-3.0-or-later
/// How much of a run is there, in words.
#include "app/window/panel_state.h"

#include <gtest/gtest.h>

#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"

namespace xkv::window {
namespace {

TEST(PanelState, AWholeRunHasNoChip) {
  const xkv::Run run = views::demoRun();
  EXPECT_EQ(partialCka(run), QString());
  EXPECT_EQ(partialSpectra(run), QString());
  EXPECT_EQ(partialErrors(run), QString());
}

TEST(PanelState, AStoppedRunSaysHowFarItCame) {
  const xkv::Run run = views::demoStoppedRun();
  EXPECT_EQ(partialCka(run), QStringLiteral("partial: 5 of 8 layers"));
  EXPECT_EQ(partialErrors(run), QStringLiteral("partial: 1 of 2 groups"));
}

TEST(PanelState, AGroupCountsWhenBothItsStreamsAreThere) {
  xkv::Run run = views::demoRun();
  run.reconstructions.erase(run.reconstructions.begin());
  EXPECT_EQ(partialErrors(run), QStringLiteral("partial: 1 of 2 groups"));
  run.reconstructions.clear();
  EXPECT_EQ(partialErrors(run), QString()) << "an empty panel says so itself";
}

TEST(PanelState, AnXrayCountsItsLayers) {
  xkv::Run run = views::demoSelectiveRun();
  EXPECT_EQ(partialSelections(run), QString());
  run.selections.resize(3);
  EXPECT_EQ(partialSelections(run), QStringLiteral("partial: 3 of 8 layers"));
}

}  // namespace
}  // namespace xkv::window
