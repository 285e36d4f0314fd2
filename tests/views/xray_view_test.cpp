// SPDX-License-Identifier: GPL-3.0-or-later
/// The X-ray: which chunk is in which state, what the panel says and what it asks for.
#include "views/xray_view.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QWheelEvent>
#include <cmath>

#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"
#include "tests/views/golden.h"
#include "views/number_format.h"
#include "views/panel.h"
#include "views/plot.h"
#include "views/segmented_switch.h"
#include "views/table_twin.h"
#include "views/tooltip.h"
#include "views/xray_canvas.h"
#include "views/xray_curves.h"

namespace xkv::views {
namespace {

/// 22 tokens in chunks of 4, two KV heads; the last chunk has 2 tokens.
SelectionRecord smallRecord() {
  SelectionRecord record{.layer = 1,
                         .seq_len = 22,
                         .num_heads = 4,
                         .num_kv_heads = 2,
                         .chunk = 4,
                         .landmark_chunks = 4,
                         .outlier_chunks = 1,
                         .chosen_chunks = 2,
                         .num_steps = 2,
                         .teacher_forced = true,
                         .outliers = {3, 0},
                         .chosen = {0, 1, 1, 2, /* step 1 */ 1, 2, 1, 2},
                         .hit_rate = {NAN, 0.75F},
                         .recall = {0.1F, 0.3F, 0.5F, 0.7F, 0.2F, 0.4F, 0.6F, 0.8F},
                         .recall_of_chunks = {0.5F, 0.6F, 0.7F, 1}};
  return record;
}

std::vector<ChunkState> stepOf(const XrayMap& map, int64_t step) {
  std::vector<ChunkState> states;
  for (int64_t chunk = 0; chunk < map.num_chunks; ++chunk) states.push_back(map.at(step, chunk));
  return states;
}

TEST(XrayMapTest, EveryChunkOfEveryStepHasItsState) {
  using enum ChunkState;
  const XrayMap first = xrayMap(smallRecord(), 0);
  ASSERT_EQ(first.num_chunks, 6);
  EXPECT_EQ(stepOf(first, 0), (std::vector{rebuilt, rebuilt, unread, outlier, local, local}));
  EXPECT_EQ(stepOf(first, 1), (std::vector{unread, hit, rebuilt, outlier, local, local}));
  const XrayMap second = xrayMap(smallRecord(), 1);
  EXPECT_EQ(stepOf(second, 0), (std::vector{outlier, rebuilt, rebuilt, unread, local, local}));
  EXPECT_EQ(stepOf(second, 1), (std::vector{outlier, hit, hit, unread, local, local}));
}

TEST(XrayMapTest, WhatWasNotKeptMakesNoMap) {
  SelectionRecord record = smallRecord();
  record.chosen.clear();
  EXPECT_FALSE(keepsChosen(record));
  EXPECT_TRUE(xrayMap(record, 0).states.empty());
  EXPECT_TRUE(xrayMap(smallRecord(), 2).states.empty()) << "no such head";
  EXPECT_TRUE(xrayMap({}, 0).states.empty());
}

TEST(XrayMapTest, NumbersThatAreNoChunksAreLeftOut) {
  SelectionRecord record = smallRecord();
  record.chosen[0] = -1;
  record.chosen[1] = 99;
  record.outliers[0] = 6;
  const XrayMap map = xrayMap(record, 0);
  using enum ChunkState;
  EXPECT_EQ(stepOf(map, 0), (std::vector{unread, unread, unread, unread, local, local}));
}

TEST(XrayMapTest, RecallIsThatOfTheHeadsThatReadTheSelection) {
  const SelectionRecord record = smallRecord();
  EXPECT_NEAR(recallAt(record, 0, 0), 0.2, 1e-6);
  EXPECT_NEAR(recallAt(record, 1, 1), 0.7, 1e-6);
  EXPECT_TRUE(std::isnan(recallAt(record, 0, 2)));
  SelectionRecord unmeasured = record;
  unmeasured.recall.clear();
  EXPECT_TRUE(std::isnan(recallAt(unmeasured, 0, 0)));
  EXPECT_TRUE(std::isnan(hitRateAt(record, 0)));
  EXPECT_EQ(tokensOfChunk(record, 5), (std::pair<int64_t, int64_t>(20, 22)));
}

TEST(XrayMapTest, TheHitsOfTheMapAreTheHitRate) {
  const ::xkv::Run run = demoSelectiveRun();
  for (const SelectionRecord& record : run.selections) {
    const XrayMap maps[] = {xrayMap(record, 0), xrayMap(record, 1)};
    for (int64_t step = 1; step < record.num_steps; ++step) {
      int64_t hits = 0;
      for (const XrayMap& map : maps)
        for (const ChunkState state : stepOf(map, step)) hits += state == ChunkState::hit;
      EXPECT_NEAR(static_cast<double>(hits) / static_cast<double>(2 * record.chosen_chunks),
                  hitRateAt(record, step), 1e-6);
    }
  }
}

TEST(XrayMapTest, ASinglePixelShowsTheMostImportantOfItsChunks) {
  const XrayMap map = xrayMap(smallRecord(), 0);
  EXPECT_EQ(xrayImage(map, 0, 6, {1, 2}).pixelColor(0, 1), chunkColour(ChunkState::rebuilt));
  EXPECT_EQ(xrayImage(map, 3, 3, {3, 2}).pixelColor(0, 1), chunkColour(ChunkState::outlier));
  EXPECT_TRUE(xrayImage({}, 0, 6, {1, 2}).isNull());
}

class XrayViewTest : public ::testing::Test {
 protected:
  XrayViewTest() : panel(QStringLiteral("Selection"), view) {
    for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
    view->setRun(&run);
    panel.title()->setSubtitle(view->subtitle());
    panel.resize(526, 313);
    panel.show();
    QApplication::processEvents();
  }
  ~XrayViewTest() override { view->setRun(nullptr); }
  XrayCanvas* canvas() const { return view->findChild<XrayCanvas*>(); }
  Plot* plot() const { return view->findChild<Plot*>(); }
  QSpinBox* box(int index) const { return panel.title()->findChildren<QSpinBox*>().at(index); }
  void choose(int mode) {
    auto* choice = panel.title()->findChild<SegmentedSwitch*>();
    choice->setCurrentIndex(mode);
    Q_EMIT choice->currentChanged(mode);
    QApplication::processEvents();
  }
  QString tooltipOf(const QWidget* of) const { return of->findChild<Tooltip*>()->text().plain(); }

  ::xkv::Run run = demoSelectiveRun();
  XrayView* view = new XrayView;
  mutable Panel panel;
};

TEST_F(XrayViewTest, LooksAsAMap) {
  view->setSelection({.layers = LayerPair{3, 3}, .token = 252, .step = 5});
  EXPECT_TRUE(matchesGoldens(panel, {526, 313}, QStringLiteral("xray_map")));
}

TEST_F(XrayViewTest, LooksWide) {
  EXPECT_TRUE(matchesGoldens(panel, {1592, 500}, QStringLiteral("xray_map_wide")));
}

TEST_F(XrayViewTest, LooksOverSteps) {
  choose(1);
  view->setSelection({.layers = LayerPair{3, 3}, .step = 5});
  EXPECT_TRUE(matchesGoldens(panel, {526, 313}, QStringLiteral("xray_steps")));
}

TEST_F(XrayViewTest, LooksAgainstTheBudget) {
  choose(2);
  view->setWhatIfBudget(256);
  EXPECT_TRUE(matchesGoldens(panel, {526, 313}, QStringLiteral("xray_budget")));
}

TEST_F(XrayViewTest, LooksWhereChunksWereNotKept) {
  for (SelectionRecord& record : run.selections) record.chosen.clear();
  view->setRun(&run);
  EXPECT_TRUE(matchesGoldens(panel, {526, 313}, QStringLiteral("xray_not_kept")));
}

TEST_F(XrayViewTest, FollowsTheSelectedLayer) {
  view->setSelection({.layers = LayerPair{5, 2}});
  ASSERT_NE(view->record(), nullptr);
  EXPECT_EQ(view->record()->layer, 5);
  EXPECT_EQ(box(0)->value(), 5);
}

TEST_F(XrayViewTest, TheLayerBoxSelectsForAllPanels) {
  QSignalSpy spy(view, &XrayView::selectionChanged);
  box(0)->setValue(4);
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy[0][0].value<Selection>().layers, (LayerPair{4, 4}));
  EXPECT_EQ(view->record()->layer, 4);
}

TEST_F(XrayViewTest, TheHeadBoxIsTheViewsOwn) {
  QSignalSpy spy(view, &XrayView::selectionChanged);
  const auto before = canvas()->map().states;
  box(1)->setValue(1);
  EXPECT_EQ(spy.count(), 0);
  EXPECT_EQ(view->kvHead(), 1);
  EXPECT_NE(canvas()->map().states, before);
}

TEST_F(XrayViewTest, ACellSelectsItsChunksFirstTokenAndTheTokenThatTheStepChose) {
  QSignalSpy spy(view, &XrayView::selectionChanged);
  const XrayCell cell{.step = 4, .chunk = 31};
  QTest::mouseClick(canvas(), Qt::LeftButton, {}, canvas()->cellRect(cell).center());
  ASSERT_EQ(spy.count(), 1);
  const auto selection = spy[0][0].value<Selection>();
  EXPECT_EQ(selection.token, 31 * 8);
  EXPECT_EQ(selection.step, 5);
}

TEST_F(XrayViewTest, EveryCellIsFoundWhereItIsDrawn) {
  for (int64_t step = 0; step < 12; ++step) {
    for (int64_t chunk = 0; chunk < canvas()->map().num_chunks; ++chunk) {
      const XrayCell cell{step, chunk};
      EXPECT_EQ(canvas()->cellAt(canvas()->cellRect(cell).center()), cell) << step << ", " << chunk;
    }
  }
  EXPECT_FALSE(canvas()->cellAt({1, 1}));
}

TEST_F(XrayViewTest, ATooltipSaysTheStateAndTheText) {
  const XrayCell cell{.step = 4, .chunk = 31};
  QTest::mouseClick(canvas(), Qt::LeftButton, {}, canvas()->cellRect(cell).center());
  QTest::keyClick(canvas(), Qt::Key_Right);
  const QString said = tooltipOf(canvas());
  EXPECT_TRUE(said.contains(QStringLiteral("step 4, chunk 32"))) << said.toStdString();
  EXPECT_TRUE(said.contains(QStringLiteral("9035."))) << said.toStdString();
  EXPECT_TRUE(said.contains(QStringLiteral("chosen, there from the step before")))
      << said.toStdString();
  QTest::keyClick(canvas(), Qt::Key_C, Qt::ControlModifier);
  EXPECT_EQ(QApplication::clipboard()->text(), said);
}

TEST_F(XrayViewTest, TheWheelZoomsAtTheMouseAndADoubleClickShowsAll) {
  const QPoint point = canvas()->cellRect({.step = 2, .chunk = 40}).center();
  QWheelEvent wheel(point, canvas()->mapToGlobal(point), {}, {0, 120}, Qt::NoButton, {},
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(canvas(), &wheel);
  EXPECT_LT(canvas()->shown().second, canvas()->map().num_chunks);
  ASSERT_TRUE(canvas()->cellAt(point));
  EXPECT_NEAR(static_cast<double>(canvas()->cellAt(point)->chunk), 40, 1);
  QTest::mouseDClick(canvas(), Qt::LeftButton, {}, point);
  EXPECT_EQ(canvas()->shown(), (std::pair<int64_t, int64_t>(0, canvas()->map().num_chunks)));
}

TEST_F(XrayViewTest, ArrowsOnTheStepsMoveTheStep) {
  choose(1);
  QSignalSpy spy(view, &XrayView::selectionChanged);
  view->setSelection({.step = 3});
  QTest::keyClick(plot(), Qt::Key_Right);
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy[0][0].value<Selection>().step, 4);
  const QString said = tooltipOf(plot());
  EXPECT_TRUE(said.contains(QStringLiteral("step 3"))) << said.toStdString();
  EXPECT_TRUE(said.contains(QStringLiteral("teacher-forced"))) << said.toStdString();
}

TEST_F(XrayViewTest, ArrowsOnTheBudgetSayTheRecall) {
  choose(2);
  QTest::keyClick(plot(), Qt::Key_Right);
  const QString said = tooltipOf(plot());
  EXPECT_TRUE(said.contains(QStringLiteral("8 tokens"))) << said.toStdString();
  const double recall = static_cast<double>(run.selections[0].recall_of_chunks[1]);
  EXPECT_TRUE(said.contains(percent(recall).left(5))) << said.toStdString();
}

TEST_F(XrayViewTest, WhatWasNotMeasuredIsSaidAndNotDrawn) {
  for (SelectionRecord& record : run.selections) {
    record.recall.clear();
    record.recall_of_chunks.clear();
  }
  view->setRun(&run);
  choose(1);
  EXPECT_TRUE(matchesGolden(grabbed(panel, {526, 313}, ThemeKind::light),
                            QStringLiteral("xray_steps_unmeasured-light")));
  choose(2);
  EXPECT_EQ(plot()->graph(0)->dataCount(), 0);
  EXPECT_TRUE(matchesGolden(grabbed(panel, {526, 313}, ThemeKind::light),
                            QStringLiteral("xray_budget_unmeasured-light")));
  QTest::keyClick(plot(), Qt::Key_Right);
}

TEST_F(XrayViewTest, SubtitleSaysChunksAndTeacherForcing) {
  EXPECT_EQ(view->subtitle(), QStringLiteral("16 of 61 chunks a step, teacher-forced"));
  for (SelectionRecord& record : run.selections) {
    record.teacher_forced = false;
    record.num_kv_heads = 1;
  }
  view->setRun(&run);
  EXPECT_EQ(view->subtitle(), QStringLiteral("16 of 61 chunks a step, shared by all heads"));
  EXPECT_FALSE(box(1)->isEnabled());
}

TEST_F(XrayViewTest, SaysWhyItIsEmpty) {
  EXPECT_FALSE(view->emptyReason());
  const ::xkv::Run plain = demoRun();
  view->setRun(&plain);
  ASSERT_TRUE(view->emptyReason());
  EXPECT_EQ(view->emptyReason()->why,
            QStringLiteral("xKV chooses nothing: each step reads the whole cache."));
  run.selections.resize(3);
  view->setRun(&run);
  view->setSelection({.layers = LayerPair{6, 6}});
  ASSERT_TRUE(view->emptyReason());
  EXPECT_EQ(view->emptyReason()->why,
            QStringLiteral("Layer 6 has no X-ray; 3 of 8 layers have one."));
  run.selections.clear();
  run.finished.status = RunStatus::running;
  view->setRun(&run);
  ASSERT_TRUE(view->emptyReason());
  EXPECT_EQ(view->emptyReason()->why, QStringLiteral("The run has not come this far."));
  view->setRun(nullptr);
  EXPECT_TRUE(view->emptyReason());
  panel.grab();
}

TEST(XrayTableTest, HoldsWhatTheRecordsHold) {
  auto made = std::make_shared<::xkv::Run>(demoSelectiveRun());
  made->selections = {smallRecord()};
  const TableTwin steps = xrayTable(made);
  ASSERT_EQ(steps.rows, 4);  // 2 heads, 2 steps
  EXPECT_EQ(steps.cell(1, 0), QStringLiteral("1"));
  EXPECT_EQ(steps.cell(1, 2), QStringLiteral("1"));
  EXPECT_EQ(steps.cell(1, 3), percent(0.3));
  EXPECT_EQ(steps.cell(0, 4), missing()) << "the first step has none before it";
  EXPECT_EQ(steps.cell(1, 4), percent(0.75));
  EXPECT_EQ(steps.cell(1, 5), QStringLiteral("1"));
  EXPECT_EQ(steps.cell(1, 6), QStringLiteral("2"));
  EXPECT_EQ(steps.cell(3, 7), QStringLiteral("0"));
  const TableTwin budgets = xrayBudgetTable(made);
  ASSERT_EQ(budgets.rows, 4);
  EXPECT_EQ(budgets.cell(2, 1), QStringLiteral("8"));
  EXPECT_EQ(budgets.cell(2, 3), percent(static_cast<double>(0.7F)));
  made->selections[0].chosen.clear();
  made->selections[0].recall.clear();
  const TableTwin partial = xrayTable(made);
  EXPECT_EQ(partial.cell(1, 3), missing());
  EXPECT_EQ(partial.cell(1, 5), missing());
}

}  // namespace
}  // namespace xkv::views
