// SPDX-License-Identifier: GPL-3.0-or-later
/// The timeline as a widget: mouse, wheel, keys, empty state, pictures.
#include "views/timeline_view.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"
#include "tests/views/timeline_from.h"
#include "views/empty_panel.h"
#include "views/range_panel.h"

namespace xkv::views {
namespace {

constexpr char kSpans[] =
    "prefill 0-90 | attention 5-40 layer 0 | mlp 40-60 layer 0 | factor 60-90 group 0 label g0 | "
    "decode 90-100 | cache 0=1024 | cache 60=4096 | cache 90=2048";

std::shared_ptr<const Run> runOf(const std::string& text) {
  auto run = std::make_shared<xkv::Run>();
  run->run_id = 1;
  run->timeline = timelineFrom(text);
  run->finished.status = RunStatus::finished;
  return run;
}

class TimelineViewTest : public testing::Test {
 protected:
  void open(TrackSet set, QSize size) {
    view_ = std::make_unique<TimelineView>(set);
    view_->resize(size);
    view_->setRun(runOf(kSpans));
    view_->show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(view_.get()));
  }
  QPoint at(double time_us, int y) const {
    const int left = view_->canvas()->width() > 0 ? 96 : 0;
    const int width = view_->canvas()->width() - 96 - 16;
    return {left + static_cast<int>(time_us / 100 * width), y};
  }
  void wheel(QPoint position, int delta, Qt::KeyboardModifiers modifiers = {}) {
    QWheelEvent event(position, view_->canvas()->mapToGlobal(position), {}, {0, delta},
                      Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(view_->canvas(), &event);
  }

  std::unique_ptr<TimelineView> view_;
};

TEST_F(TimelineViewTest, AClickSelectsTheSpanAndItsLayer) {
  open(TrackSet::compact, {1112, 88});
  QSignalSpy spy(view_.get(), &TimelineView::selectionChanged);
  QTest::mouseClick(view_->canvas(), Qt::LeftButton, {}, at(20, 44));
  ASSERT_EQ(spy.count(), 1);
  const auto selection = spy[0][0].value<Selection>();
  ASSERT_TRUE(selection.span);
  EXPECT_EQ(view_->layoutOfRun()->span(static_cast<int32_t>(*selection.span)).kind,
            PhaseKind::attention);
  EXPECT_TRUE(selection.hasLayer(0));
  EXPECT_TRUE(view_->canvas()->accessibleDescription().contains("attention"));
}

TEST_F(TimelineViewTest, ADragIsARangeWhoseEdgesSnapToSpans) {
  open(TrackSet::compact, {1112, 88});
  QSignalSpy spy(view_.get(), &TimelineView::selectionChanged);
  QTest::mousePress(view_->canvas(), Qt::LeftButton, {}, at(40.3, 44));
  QTest::mouseMove(view_->canvas(), at(50, 44));
  QTest::mouseRelease(view_->canvas(), Qt::LeftButton, {}, at(50, 44));
  ASSERT_EQ(spy.count(), 1);
  const auto range = spy[0][0].value<Selection>().range;
  ASSERT_TRUE(range);
  EXPECT_EQ(range->start_ns, 40'000);
  EXPECT_NEAR(static_cast<double>(range->end_ns), 50'000, 200);
}

TEST_F(TimelineViewTest, TheWheelZoomsAtTheCursorAndShiftPans) {
  open(TrackSet::compact, {1112, 88});
  TimelineCanvas* canvas = view_->canvas();
  wheel(at(25, 44), 120);
  EXPECT_NEAR(canvas->window().length(), 80'000, 1);
  EXPECT_NEAR(canvas->window().pixelOf(25'000, 1000), 250, 1);
  const TimeWindow before = canvas->window();
  wheel(at(25, 44), -120, Qt::ShiftModifier);
  EXPECT_NEAR(canvas->window().length(), before.length(), 1);
  EXPECT_GT(canvas->window().begin_ns, before.begin_ns);
}

TEST_F(TimelineViewTest, KeysZoomPanFitAndGoBack) {
  open(TrackSet::compact, {1112, 88});
  TimelineCanvas* canvas = view_->canvas();
  QTest::keyClick(canvas, Qt::Key_W);
  EXPECT_LT(canvas->window().length(), 90'000);
  const double begin = canvas->window().begin_ns;
  QTest::keyClick(canvas, Qt::Key_A);
  EXPECT_LT(canvas->window().begin_ns, begin);
  QTest::keyClick(canvas, Qt::Key_S);
  QTest::keyClick(canvas, Qt::Key_S);
  EXPECT_DOUBLE_EQ(canvas->window().length(), 100'000);
  canvas->setRange(TimeRange{40'000, 60'000});
  QTest::keyClick(canvas, Qt::Key_F);
  EXPECT_NEAR(canvas->window().length(), 20'800, 1);
  QTest::keyClick(canvas, Qt::Key_Backspace);
  EXPECT_DOUBLE_EQ(canvas->window().length(), 100'000);
}

TEST_F(TimelineViewTest, EscapeClearsRangeAndSpan) {
  open(TrackSet::compact, {1112, 88});
  view_->setSelection({.layers = {},
                       .stream = {},
                       .group = {},
                       .token = {},
                       .step = {},
                       .span = 1,
                       .range = TimeRange{1, 2}});
  QSignalSpy spy(view_.get(), &TimelineView::selectionChanged);
  QTest::keyClick(view_->canvas(), Qt::Key_Escape);
  ASSERT_FALSE(spy.empty());
  EXPECT_FALSE(spy.back()[0].value<Selection>().span);
  EXPECT_FALSE(spy.back()[0].value<Selection>().range);
}

TEST_F(TimelineViewTest, PeriodAndCommaWalkTheSearch) {
  open(TrackSet::full, {1112, 500});
  view_->setSearch("layer 0");
  QTest::keyClick(view_->canvas(), Qt::Key_Period);
  const int first = view_->canvas()->selectedSpan();
  EXPECT_EQ(view_->layoutOfRun()->span(first).kind, PhaseKind::attention);
  QTest::keyClick(view_->canvas(), Qt::Key_Period);
  EXPECT_EQ(view_->layoutOfRun()->span(view_->canvas()->selectedSpan()).kind, PhaseKind::mlp);
  QTest::keyClick(view_->canvas(), Qt::Key_Comma);
  EXPECT_EQ(view_->canvas()->selectedSpan(), first);
}

TEST_F(TimelineViewTest, ARunThatGrowsKeepsTheWindow) {
  open(TrackSet::compact, {1112, 88});
  view_->canvas()->showWindow({10'000, 20'000});
  auto longer = runOf(std::string(kSpans) + " | decode 100-300");
  view_->setRun(longer);
  EXPECT_EQ(view_->canvas()->window(), (TimeWindow{10'000, 20'000}));
}

TEST_F(TimelineViewTest, WithoutSpansItSaysWhy) {
  TimelineView view(TrackSet::compact);
  EXPECT_TRUE(matchesGoldens(view, {1000, 96}, "timeline-empty"));
}

TEST_F(TimelineViewTest, TheGpuRowSaysWhyItIsMissing) {
  xkv::Run run;
  EXPECT_TRUE(gpuSentenceOf(run).contains("CPU"));
  run.started.spec.device = Device::cuda;
  EXPECT_TRUE(gpuSentenceOf(run).contains("not recorded"));
}

TEST(TimelinePictureTest, CompactWithARange) {
  TimelineView view(TrackSet::compact);
  view.setRun(std::make_shared<xkv::Run>(demoRun()));
  Selection selection;
  selection.range = TimeRange{12'400'000, 24'800'000};
  view.setSelection(selection);
  EXPECT_TRUE(matchesGoldens(view, {1592, 88}, "timeline-compact"));
}

TEST(TimelinePictureTest, CompactInALowWindow) {
  TimelineView view(TrackSet::compact);
  view.setRun(std::make_shared<xkv::Run>(demoRun()));
  EXPECT_TRUE(matchesGoldens(view, {960, 56}, "timeline-low"));
}

TEST(TimelinePictureTest, FullWithRangeSearchAndSelection) {
  TimelineView view(TrackSet::full);
  view.setRun(std::make_shared<xkv::Run>(demoRun()));
  view.setSearch("attention");
  view.selectNext(true);
  Selection selection;
  selection.span = view.canvas()->selectedSpan();
  selection.range = TimeRange{12'400'000, 24'800'000};
  view.setSelection(selection);
  EXPECT_TRUE(matchesGoldens(view, {1212, 680}, "timeline-full"));
}

TEST(TimelinePictureTest, RangePanel) {
  TimelineView view(TrackSet::full);
  view.setRun(std::make_shared<xkv::Run>(demoRun()));
  RangePanel panel;
  panel.setTimeline(view.layoutOfRun());
  Selection selection;
  selection.range = TimeRange{12'400'000, 24'800'000};
  panel.setSelection(selection);
  ASSERT_FALSE(panel.statistics().longest.empty());
  selection.span = panel.statistics().longest[1];
  panel.setSelection(selection);
  EXPECT_TRUE(matchesGoldens(panel, {376, 600}, "range-panel"));
}

}  // namespace
}  // namespace xkv::views
