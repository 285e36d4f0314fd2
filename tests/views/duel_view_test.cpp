// SPDX-License-Identifier: GPL-3.0-or-later
/// The duel: rows of runs that ask the same, their numbers, the marked texts.
#include "views/duel_view.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "profiling/selection_summary.h"
#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"
#include "tests/views/golden.h"
#include "views/number_format.h"
#include "views/panel.h"
#include "views/table_twin.h"

namespace xkv::views {
namespace {

using namespace Qt::StringLiterals;
using Runs = std::vector<std::shared_ptr<const ::xkv::Run>>;

std::shared_ptr<const ::xkv::Run> titled(::xkv::Run run, int64_t id, const char* title) {
  run.run_id = id;
  run.title = title;
  return std::make_shared<const ::xkv::Run>(std::move(run));
}

Runs duel() {
  return {titled(demoRun({.layer_group_size = 1, .rank_k = 8, .rank_v = 12}), 2, "Single SVD"),
          titled(demoDenseRun(), 9, "dense"), titled(demoRun(), 3, "xKV-4")};
}

TEST(DuelRowsTest, DenseIsFirstAndEachRowHasItsOwnFigures) {
  const Runs runs = duel();
  const auto rows = duelRows(runs);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(rows[0].is_dense);
  EXPECT_EQ(rows[1].method, u"Single SVD"_s);
  const ::xkv::Run& single = *runs[0];
  EXPECT_EQ(rows[1].resident_bytes, single.memory->resident_bytes);
  EXPECT_EQ(rows[1].error_k, measuredError(single, Stream::key));
  EXPECT_DOUBLE_EQ(*rows[1].mean_kl, (0 + 3.09 + 0.8 + 0.21 + 0.02) / 5);
  EXPECT_DOUBLE_EQ(*rows[1].top1, 0.8);
  EXPECT_EQ(duelCells(rows[1])[5], u"1 of 8"_s);
  EXPECT_EQ(duelCells(rows[0])[3], u"reference"_s);
  EXPECT_EQ(duelCells(rows[0])[1], missing());
}

TEST(DuelRowsTest, TheTextIsMarkedFromWhereItLeavesTheDenseOne) {
  const auto rows = duelRows(duel());
  EXPECT_EQ(rows[1].text, u"9. the grass is green."_s);
  EXPECT_EQ(rows[1].same_text, 1) << "dense says 9035.";
  EXPECT_EQ(rows[2].same_text, rows[2].text.size());
}

TEST(DuelRowsTest, OnlyHowTheCacheIsKeptMayDiffer) {
  const RunSpec spec = demoRun().started.spec;
  RunSpec other = spec;
  other.compression.rank_k = 1;
  other.analysis = AnalysisScope::group;
  EXPECT_TRUE(asksTheSame(spec, other));
  other.prompt = "another";
  EXPECT_FALSE(asksTheSame(spec, other));
  other = spec;
  other.turns = {"and ?"};
  EXPECT_FALSE(asksTheSame(spec, other));
}

TEST(DuelViewTest, SaysWhyThereIsNothingToCompare) {
  DuelView view;
  ASSERT_TRUE(view.emptyReason());
  EXPECT_TRUE(view.emptyReason()->button.isEmpty());
  view.setRuns({duel()[2]}, 3);
  ASSERT_TRUE(view.emptyReason());
  EXPECT_TRUE(view.emptyReason()->why.contains(u"No other run"_s));
  EXPECT_EQ(view.emptyReason()->button, u"Duel…"_s);
  view.setRuns(duel(), 3);
  EXPECT_FALSE(view.emptyReason());
  EXPECT_EQ(view.subtitle(), u"3 runs over the prompt of run 3"_s);
}

TEST(DuelViewTest, ARowSelectsItsRun) {
  DuelView view;
  view.setRuns(duel(), 3);
  view.resize(560, 240);
  view.show();
  QSignalSpy selected(&view, &DuelView::runSelected);
  auto* canvas = view.findChild<DuelCanvas*>();
  QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(40, 24 + 44 + 10));
  ASSERT_EQ(selected.count(), 1);
  EXPECT_EQ(selected[0][0].toLongLong(), 2);
  QTest::keyClick(canvas, Qt::Key_Up);  // from run 3, the last row
  EXPECT_EQ(selected[1][0].toLongLong(), 2);
  QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(40, 5));
  EXPECT_EQ(selected.count(), 2) << "the head is no row";
}

TEST(DuelTableTest, HoldsTheWholeTexts) {
  const TableTwin twin = duelTable(duel());
  ASSERT_EQ(twin.rows, 3);
  EXPECT_EQ(twin.columns.last(), u"text"_s);
  EXPECT_EQ(twin.cell(1, 0), u"2"_s);
  EXPECT_EQ(twin.cell(1, static_cast<int>(twin.columns.size()) - 1), u"9. the grass is green."_s);
}

TEST(DuelRowsTest, ARunThatChoosesChunksSaysRecallAndHitRate) {
  Runs runs = duel();
  runs.push_back(titled(demoSelectiveRun(), 6, ""));
  const auto rows = duelRows(runs);
  const auto summary = summaryOf(runs.back()->selections);
  EXPECT_EQ(duelSelection(rows[3]), u"recall "_s + percent(*summary->recall) + u", hit rate "_s +
                                        share(*summary->hit_rate));
  EXPECT_EQ(duelSelection(rows[2]), QString());
  const TableTwin twin = duelTable(runs);
  EXPECT_EQ(twin.cell(3, 8), percent(*summary->recall));
  EXPECT_EQ(twin.cell(3, 9), percent(*summary->hit_rate));
  EXPECT_EQ(twin.cell(2, 8), missing());
}

TEST(DuelPictureTest, ARunThatChoosesChunks) {
  Runs runs = duel();
  runs.push_back(titled(demoSelectiveRun(), 6, ""));
  DuelView view;
  view.setRuns(runs, 6);
  EXPECT_TRUE(matchesGolden(grabbed(view, {560, 240}, ThemeKind::light), u"duel-selective-light"_s));
}

TEST(DuelPictureTest, NarrowAndWide) {
  auto* view = new DuelView;
  Panel panel(u"Duel"_s, view);
  view->setRuns(duel(), 3);
  panel.title()->setSubtitle(view->subtitle());
  EXPECT_TRUE(matchesGoldens(panel, {560, 240}, u"duel"_s));
  EXPECT_TRUE(matchesGoldens(panel, {1200, 200}, u"duel-wide"_s));
}

TEST(DuelPictureTest, Empty) {
  auto* view = new DuelView;
  Panel panel(u"Duel"_s, view);
  view->setRuns({duel()[2]}, 3);
  panel.showEmpty(*view->emptyReason());
  EXPECT_TRUE(matchesGoldens(panel, {560, 240}, u"duel-empty"_s));
}

}  // namespace
}  // namespace xkv::views
