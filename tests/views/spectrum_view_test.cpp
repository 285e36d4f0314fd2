// SPDX-License-Identifier: GPL-3.0-or-later
/// The spectra panel: cursors that move ranks, curves that select their group, and how it looks.
#include "views/spectrum_view.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"
#include "views/panel.h"
#include "views/plot.h"
#include "views/segmented_switch.h"

namespace xkv::views {
namespace {

class SpectrumViewTest : public ::testing::Test {
 protected:
  SpectrumViewTest() : panel(QStringLiteral("Spectra"), view) {
    view->setRun(&run);
    view->setGroups(run.started.plan);
    view->setRanks({20, 30});
    view->setMeasuredRanks(Ranks{24, 36});
    panel.title()->setSubtitle(view->subtitle());
    for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
    panel.resize(526, 336);
    panel.show();
    plot()->replot();
  }
  Plot* plot() const { return view->findChild<Plot*>(); }
  QPoint flagPoint(double rank) const {
    return {static_cast<int>(plot()->xAxis->coordToPixel(rank)),
            plot()->axisRect()->rect().center().y()};
  }
  void choose(int mode) {
    auto* choice = panel.findChild<SegmentedSwitch*>();
    choice->setCurrentIndex(mode);
    Q_EMIT choice->currentChanged(mode);
  }

  const ::xkv::Run run = demoRun();
  SpectrumView* view = new SpectrumView;
  Panel panel;
};

TEST_F(SpectrumViewTest, LooksSigma) {
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, QStringLiteral("spectrum")));
}

TEST_F(SpectrumViewTest, LooksEnergy) {
  choose(1);
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, QStringLiteral("spectrum_energy")));
}

TEST_F(SpectrumViewTest, LooksErrorWithEqualRanks) {
  choose(2);
  view->setRanks({256, 256});
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, QStringLiteral("spectrum_error")));
}

TEST_F(SpectrumViewTest, DraggingACursorMovesItsRankOnly) {
  QSignalSpy spy(view, &SpectrumView::ranksChanged);
  QTest::mousePress(plot(), Qt::LeftButton, {}, flagPoint(20));
  QTest::mouseMove(plot(), flagPoint(12));
  QTest::mouseRelease(plot(), Qt::LeftButton, {}, flagPoint(12));
  ASSERT_GE(spy.count(), 1);
  EXPECT_EQ(spy.last()[0].value<Ranks>(), (Ranks{12, 30}));
}

TEST_F(SpectrumViewTest, ArrowsStepRanksWithinTheSpectrum) {
  QSignalSpy spy(view, &SpectrumView::ranksChanged);
  QTest::keyClick(plot(), Qt::Key_Right);
  EXPECT_EQ(spy.last()[0].value<Ranks>(), (Ranks{21, 30}));
  QTest::keyClick(plot(), Qt::Key_Left, Qt::ShiftModifier);
  EXPECT_EQ(spy.last()[0].value<Ranks>(), (Ranks{21, 29}));
  view->setRanks({1, 30});
  QTest::keyClick(plot(), Qt::Key_Left);
  EXPECT_EQ(spy.count(), 2);
}

TEST_F(SpectrumViewTest, ACurveSelectsItsGroup) {
  QSignalSpy spy(view, &SpectrumView::selectionChanged);
  const SpectrumRecord* second = RankPlanner(run).spectrum(Stream::value, 4, 4);
  const double y = static_cast<double>(second->singular_values[99] / second->singular_values[0]);
  QTest::mouseClick(plot(), Qt::LeftButton, {}, plot()->pixelOf(100, y).toPoint());
  ASSERT_EQ(spy.count(), 1);
  EXPECT_TRUE(spy[0][0].value<Selection>().group.has_value());
}

TEST_F(SpectrumViewTest, SaysWhyItIsEmpty) {
  EXPECT_FALSE(view->emptyReason());
  view->setGroups({{0, 3, 8, 8}, {3, 5, 8, 8}});
  ASSERT_TRUE(view->emptyReason());
  EXPECT_TRUE(view->emptyReason()->why.contains(QStringLiteral("No spectrum")));
  view->setRun(nullptr);
  EXPECT_TRUE(view->emptyReason());
  panel.grab();
}

TEST_F(SpectrumViewTest, ALeadingSpectrumSaysSo) {
  auto leading = run;
  for (SpectrumRecord& s : leading.spectra) s.leading_only = true;
  view->setRun(&leading);
  EXPECT_EQ(view->subtitle(), QStringLiteral("groups of 4 layers, leading ranks only"));
  view->setRun(nullptr);
}

}  // namespace
}  // namespace xkv::views
