// SPDX-License-Identifier: GPL-3.0-or-later
/// Memory bars: parts and sums of the ledger, and their pictures.
#include "views/memory_view.h"

#include <gtest/gtest.h>

#include <QApplication>

#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"
#include "tests/views/golden.h"
#include "views/memory_bars.h"
#include "views/part_colours.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

std::shared_ptr<const xkv::Run> shared(xkv::Run run) {
  return std::make_shared<xkv::Run>(std::move(run));
}

TEST(MemoryBarsTest, TheBarHoldsWhatIsResident) {
  const xkv::Run run = demoRun();
  const LedgerBar bar = ledgerBar(*run.memory, Badge::b, "B");
  EXPECT_EQ(bar.bytes, run.memory->resident_bytes);
  EXPECT_EQ(bar.parts.size(), 5U);
  EXPECT_EQ(denseBar(*run.memory, run.started.model).bytes, run.memory->dense_resident_bytes);
}

TEST(MemoryBarsTest, AnalysisRowsAreNoPartOfTheCache) {
  xkv::Run run = demoRun();
  run.memory->parts.push_back(
      {MemoryPartKind::analysis, std::nullopt, "all rows", Dtype::fp32, 999});
  EXPECT_EQ(ledgerBar(*run.memory, Badge::b, "B").bytes, run.memory->resident_bytes);
}

TEST(MemoryBarsTest, ADenseBaselineIsNotASecondDenseBar) {
  MemoryBars bars;
  bars.setRuns(shared(demoRun()), shared(demoDenseRun()));
  EXPECT_EQ(bars.bars().size(), 2U);
  bars.setRuns(shared(demoDenseRun()), nullptr);
  EXPECT_EQ(bars.bars().size(), 1U);
  bars.setRuns(nullptr, nullptr);
  EXPECT_TRUE(bars.bars().empty());
}

TEST(MemoryPictureTest, AAndB) {
  MemoryView view;
  view.setRuns(shared(demoRun()),
               shared(demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12})));
  EXPECT_TRUE(matchesGoldens(view, {526, 380}, "memory"));
}

TEST(MemoryBarsTest, WhatTheSelectionKeepsHasItsOwnColours) {
  applyTheme(*qApp, ThemeKind::light);
  const xkv::Run run = demoSelectiveRun();
  const LedgerBar bar = ledgerBar(*run.memory, Badge::b, "B");
  EXPECT_EQ(bar.bytes, run.memory->resident_bytes);
  ASSERT_EQ(bar.parts.size(), 10U);
  const std::pair<QString, QColor> wanted[] = {{"landmarks", roles().part_landmarks},
                                               {"local rows", localColour()},
                                               {"outlier rows", outlierColour()},
                                               {"selected rows", selectedColour()},
                                               {"chunk index", roles().span_other}};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(bar.parts[5 + i].name, wanted[i].first);
    EXPECT_EQ(bar.parts[5 + i].colour, wanted[i].second);
  }
}

TEST(MemoryPictureTest, WithASelection) {
  MemoryView view;
  view.setRuns(shared(demoSelectiveRun()), shared(demoRun()));
  EXPECT_TRUE(matchesGoldens(view, {526, 480}, "memory_selective"));
}

TEST(MemoryPictureTest, Empty) {
  MemoryView view;
  view.setRuns(shared(demoStoppedRun()), nullptr);
  EXPECT_TRUE(matchesGoldens(view, {420, 220}, "memory-empty"));
}

}  // namespace
}  // namespace xkv::views
