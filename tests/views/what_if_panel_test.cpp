// SPDX-License-Identifier: GPL-3.0-or-later
/// The what-if panel: sliders that change numbers without an engine, and Measure that asks for the
/// run.
#include "views/what_if_panel.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

#include "profiling/selection_summary.h"
#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"
#include "tests/views/golden.h"
#include "views/panel.h"
#include "views/rank_slider.h"
#include "views/segmented_switch.h"
#include "views/selective_fields.h"
#include "views/what_if_table.h"

namespace xkv::views {
namespace {

TEST(RankSlider, RanksAreFoundWhereTheyStand) {
  RankSlider slider;
  slider.resize(264, 44);
  slider.setRange(1, 256);
  for (const int rank : {1, 2, 20, 100, 255, 256}) EXPECT_EQ(slider.rankAt(slider.xOf(rank)), rank);
  EXPECT_EQ(slider.rankAt(-100), 1);
  EXPECT_EQ(slider.rankAt(9999), 256);
}

TEST(RankSlider, KeysStepByOneAndByEight) {
  RankSlider slider;
  slider.setRange(1, 256);
  slider.setValue(20);
  QTest::keyClick(&slider, Qt::Key_Right);
  EXPECT_EQ(slider.value(), 21);
  QTest::keyClick(&slider, Qt::Key_PageDown);
  EXPECT_EQ(slider.value(), 13);
}

class WhatIfPanelTest : public ::testing::Test {
 protected:
  WhatIfPanelTest() : panel(QStringLiteral("What-if"), view) {
    for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
    view->setRun(&run);
    view->setBaseline(&baseline);
    panel.resize(296, 712);
    panel.show();
  }
  RankSlider* slider(int index) const { return view->findChildren<RankSlider*>().at(index); }
  QPushButton* button(const QString& text) const {
    for (QPushButton* candidate : view->findChildren<QPushButton*>()) {
      if (candidate->text() == text) return candidate;
    }
    return nullptr;
  }
  void chooseSize(int index) {
    auto* sizes = view->findChild<SegmentedSwitch*>();
    sizes->setCurrentIndex(index);
    Q_EMIT sizes->currentChanged(index);
  }

  const ::xkv::Run run = demoRun();
  const ::xkv::Run baseline =
      demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12});
  WhatIfPanel* view = new WhatIfPanel;
  Panel panel;
};

TEST_F(WhatIfPanelTest, Looks) {
  view->setRanks({20, 30});
  EXPECT_TRUE(matchesGoldens(panel, {296, 712}, QStringLiteral("what_if")));
}

TEST_F(WhatIfPanelTest, LooksWhenSpectraAreMissing) {
  view->setCustomGroups({{.first_layer = 0, .num_layers = 3, .rank_k = {}, .rank_v = {}},
                         {.first_layer = 3, .num_layers = 5, .rank_k = {}, .rank_v = {}}});
  view->setMeasureObstacle(QStringLiteral("Measure needs a running engine."));
  EXPECT_TRUE(matchesGoldens(panel, {264, 640}, QStringLiteral("what_if_unknown")));
  ASSERT_TRUE(view->plan());
  EXPECT_FALSE(view->plan()->error());
  EXPECT_FALSE(button(QStringLiteral("Measure"))->isEnabled());
}

TEST_F(WhatIfPanelTest, StartsAtTheRun) {
  EXPECT_EQ(view->config().rank_k, 24);
  EXPECT_EQ(slider(1)->value(), 36);
  EXPECT_NEAR(*view->plan()->error(), *measuredOverallError(run), 1e-3);
}

TEST_F(WhatIfPanelTest, ASliderChangesThePlanAtOnce) {
  QSignalSpy spy(view, &WhatIfPanel::configChanged);
  const double before = *view->plan()->keys.error();
  slider(0)->setValue(48);
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy[0][0].value<CompressionConfig>().rank_k, 48);
  EXPECT_LT(*view->plan()->keys.error(), before);
  EXPECT_EQ(view->findChildren<QSpinBox*>().at(0)->value(), 48);
  EXPECT_EQ(*view->plan()->error(), *RankPlanner(run).plan(view->config())->error());
}

TEST_F(WhatIfPanelTest, AnotherGroupSizeKeepsWhatIsAsked) {
  chooseSize(1);  // 2 layers, rank per layer
  EXPECT_EQ(view->config().layer_group_size, 2);
  EXPECT_EQ(view->config().rank_k, 12);
  EXPECT_EQ(view->config().rank_v, 18);
  const int64_t bytes = view->plan()->ledger.factor_bytes;
  view->findChildren<QRadioButton*>().at(1)->setChecked(true);
  chooseSize(3);
  EXPECT_LE(view->plan()->ledger.factor_bytes, bytes);
  EXPECT_GT(static_cast<double>(view->plan()->ledger.factor_bytes),
            0.95 * static_cast<double>(bytes));
  const double error = *view->plan()->error();
  view->findChildren<QRadioButton*>().at(2)->setChecked(true);
  chooseSize(0);
  EXPECT_LE(*view->plan()->error(), error * (1 + 1e-9));
}

TEST_F(WhatIfPanelTest, MeasureAsksForTheConfigurationShown) {
  QSignalSpy spy(view, &WhatIfPanel::measureRequested);
  view->setRanks({20, 30});
  QTest::mouseClick(button(QStringLiteral("Measure")), Qt::LeftButton);
  ASSERT_EQ(spy.count(), 1);
  const auto config = spy[0][0].value<CompressionConfig>();
  EXPECT_EQ(config.rank_k, 20);
  EXPECT_EQ(config.rank_v, 30);
  EXPECT_EQ(config.layer_group_size, 4);
}

TEST_F(WhatIfPanelTest, CopiesTheCommand) {
  view->setRanks({20, 30});
  QTest::mouseClick(button(QStringLiteral("Copy as CLI")), Qt::LeftButton);
  const QString command = QApplication::clipboard()->text();
  EXPECT_TRUE(command.startsWith(QStringLiteral("xkv run"))) << command.toStdString();
  EXPECT_TRUE(command.contains(QStringLiteral("--rank-k 20"))) << command.toStdString();
}

TEST_F(WhatIfPanelTest, RanksBeyondTheGroupAreTakenAsTheLargest) {
  view->setRanks({9999, 0});
  EXPECT_EQ(view->config().rank_k, 256);
  EXPECT_EQ(view->config().rank_v, 1);
}

TEST_F(WhatIfPanelTest, AStoppedRunStillOffersItsOwnGroupSize) {
  const auto stopped = demoStoppedRun();
  view->setRun(&stopped);
  EXPECT_EQ(view->findChild<SegmentedSwitch*>()->accessibleDescription(), QStringLiteral("4"));
  ASSERT_TRUE(view->plan());
  EXPECT_FALSE(view->plan()->error());
  EXPECT_GT(view->plan()->ledger.factor_bytes, 0);
  view->setRun(nullptr);
}

TEST_F(WhatIfPanelTest, SaysWhyItIsEmpty) {
  EXPECT_FALSE(view->emptyReason());
  auto bare = run;
  bare.spectra.clear();
  bare.started.spec.analysis = AnalysisScope::none;
  view->setRun(&bare);
  ASSERT_TRUE(view->emptyReason());
  panel.grab();
  view->setRun(nullptr);
  EXPECT_TRUE(view->emptyReason());
  panel.grab();
}

class SelectiveWhatIfTest : public WhatIfPanelTest {
 protected:
  SelectiveWhatIfTest() {
    view->setRun(&selective);
    panel.resize(296, 760);
    QApplication::processEvents();
  }
  ~SelectiveWhatIfTest() override { view->setRun(nullptr); }
  QSpinBox* field(const QString& name) const {
    for (QSpinBox* box : view->findChildren<QSpinBox*>())
      if (box->accessibleName() == name) return box;
    return nullptr;
  }
  QLabel* warning() const {
    for (QLabel* label : view->findChildren<QLabel*>())
      if (label->property("textRole") == QStringLiteral("warning")) return label;
    return nullptr;
  }

  const ::xkv::Run selective = demoSelectiveRun();
};

TEST_F(SelectiveWhatIfTest, Looks) {
  field(QStringLiteral("Budget"))->setValue(256);
  EXPECT_TRUE(matchesGoldens(panel, {296, 760}, QStringLiteral("what_if_selective")));
}

TEST_F(SelectiveWhatIfTest, StartsAtTheRunAndItsRecall) {
  EXPECT_EQ(view->config().method, Method::xkv_sr);
  EXPECT_EQ(field(QStringLiteral("Budget"))->value(), 128);
  EXPECT_EQ(field(QStringLiteral("Outlier chunks"))->text(), QStringLiteral("default"));
  ASSERT_TRUE(view->plan()->recall);
  EXPECT_NEAR(*view->plan()->recall, *recallAtBudget(selective.selections, 128), 1e-9);
  EXPECT_FALSE(warning()->isVisible());
  EXPECT_EQ(view->plan()->ledger.selection_bytes, figuresOf(selective).selection_bytes);
}

TEST_F(SelectiveWhatIfTest, TheBudgetChangesBytesAndRecallAtOnce) {
  const int64_t before = view->plan()->ledger.selection_bytes;
  const double recall = *view->plan()->recall;
  QSignalSpy spy(view, &WhatIfPanel::configChanged);
  field(QStringLiteral("Budget"))->setValue(256);
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(view->config().selective.budget, 256);
  EXPECT_EQ(view->config().selective.outlier_chunks, 3) << "as the run, whose recall is known";
  EXPECT_GT(view->plan()->ledger.selection_bytes, before);
  ASSERT_TRUE(view->plan()->recall);
  EXPECT_GT(*view->plan()->recall, recall);
}

TEST_F(SelectiveWhatIfTest, RecallOfOtherChunksIsNotGuessed) {
  field(QStringLiteral("Chunk"))->setValue(16);
  EXPECT_FALSE(view->plan()->recall);
  EXPECT_GT(view->plan()->ledger.selection_bytes, 0);
  EXPECT_TRUE(warning()->isVisible());
  EXPECT_EQ(warning()->text(), QStringLiteral("Recall is not measured for these chunks."));
}

TEST_F(SelectiveWhatIfTest, TheBudgetStaysAMultipleOfTheChunk) {
  field(QStringLiteral("Budget"))->setValue(131);
  EXPECT_EQ(view->config().selective.budget, 128);
  field(QStringLiteral("Chunk"))->setValue(24);
  EXPECT_EQ(view->config().selective.budget, 120);
  field(QStringLiteral("Chunk"))->setValue(500);
  EXPECT_EQ(view->config().selective.budget, 500);
}

TEST_F(SelectiveWhatIfTest, MeasureSendsTheSelection) {
  QSignalSpy spy(view, &WhatIfPanel::measureRequested);
  field(QStringLiteral("Budget"))->setValue(64);
  field(QStringLiteral("Outlier chunks"))->setValue(0);
  QTest::mouseClick(button(QStringLiteral("Measure")), Qt::LeftButton);
  ASSERT_EQ(spy.count(), 1);
  const auto config = spy[0][0].value<CompressionConfig>();
  EXPECT_EQ(config.method, Method::xkv_sr);
  EXPECT_EQ(config.selective.budget, 64);
  EXPECT_EQ(config.selective.outlier_chunks, 0);
}

TEST_F(SelectiveWhatIfTest, XkSrHasNoRankOfValues) {
  auto keys_only = selective;
  keys_only.started.spec.compression.method = Method::xk_sr;
  view->setRun(&keys_only);
  EXPECT_FALSE(view->config().rank_v);
  EXPECT_FALSE(slider(1)->isEnabled());
  view->setRun(nullptr);
}

TEST_F(SelectiveWhatIfTest, AnotherMethodHasNoFields) {
  EXPECT_TRUE(view->findChild<SelectiveFields*>()->isVisible());
  view->setRun(&run);
  EXPECT_FALSE(view->findChild<SelectiveFields*>()->isVisible());
}

}  // namespace
}  // namespace xkv::views
