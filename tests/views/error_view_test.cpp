// SPDX-License-Identifier: GPL-3.0-or-later
/// The error panel: bars, token lens, selection, and how it looks.
#include "views/error_view.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>
#include <cmath>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"
#include "views/panel.h"
#include "views/segmented_switch.h"

namespace xkv::views {
namespace {

TEST(RoundScale, IsAtOrAboveTheLargestValue) {
  for (const double largest : {0.001, 0.0962, 0.2, 0.31, 0.34, 0.99, 1.0}) {
    const RoundScale scale = roundScale(largest);
    EXPECT_GE(scale.top, largest * (1 - 1e-9));
    EXPECT_LE(scale.top, largest * 2.5);
    EXPECT_LE(scale.top / scale.step, 5.01);
  }
  EXPECT_GT(roundScale(0).top, 0);
  EXPECT_GT(roundScale(std::nan("")).top, 0);
}

TEST(ErrorLayout, TokensCoverThePromptWithoutHoles) {
  const ErrorLayout layout({524, 308}, {}, 8, 8, 1);
  int64_t next = 0;
  for (int x = layout.strip().x(); x <= layout.strip().right(); ++x) {
    const auto [first, end] = layout.tokensAt(x, 5000);
    EXPECT_EQ(first, next);
    next = end;
  }
  EXPECT_EQ(next, 5000);
  // Fewer tokens than pixels: every pixel has one.
  EXPECT_EQ(layout.tokensAt(layout.strip().right(), 3), (std::pair<int64_t, int64_t>{2, 3}));
}

TEST(ErrorLayout, PartsDoNotOverlap) {
  for (const QSize size : {QSize(524, 308), QSize(360, 172), QSize(900, 472)}) {
    const ErrorLayout layout(size, {}, 8, 8, 1);
    EXPECT_LT(layout.legend().bottom(), layout.chart().top());
    EXPECT_LT(layout.chart().bottom(), layout.lensHead().top());
    EXPECT_LT(layout.lensHead().bottom(), layout.strip().top());
    EXPECT_LT(layout.strip().bottom(), size.height());
    EXPECT_EQ(layout.columnAt(layout.column(7).center()), 7);
  }
  EXPECT_FALSE(ErrorLayout({524, 308}, {}, 126, 126, 1).hasBars());
}

TEST(TokenLens, APixelShowsItsWorstToken) {
  TokenErrors errors{.num_layers = 1, .seq_len = 8, .errors = {0, 0, 0, 0.5f, 0, 0, NAN, NAN}};
  const QImage image = tokenLensImage(errors, 4, ColourMap::cividis, 0.5);
  EXPECT_EQ(image.size(), QSize(4, 1));
  EXPECT_EQ(image.pixel(0, 0), mapColour(ColourMap::cividis, 0));
  EXPECT_EQ(image.pixel(1, 0), mapColour(ColourMap::cividis, 1));
  EXPECT_EQ(qAlpha(image.pixel(3, 0)), 0);
  EXPECT_EQ(errors.quantile(1), 0.5);
  EXPECT_TRUE(tokenLensImage({}, 4, ColourMap::cividis, 1).isNull());
}

TEST(TokenLens, LayersComeFromTheirGroups) {
  const TokenErrors errors = tokenErrors(demoRun(), Stream::value);
  EXPECT_EQ(errors.num_layers, 8);
  EXPECT_EQ(errors.seq_len, 547);
  const auto run = demoRun();
  for (const ReconstructionRecord& r : run.reconstructions) {
    if (r.stream != Stream::value || r.group != 1) continue;
    EXPECT_EQ(errors.at(5, 12), r.token_error[547 + 12]);
  }
  const TokenErrors partial = tokenErrors(demoStoppedRun(), Stream::key);
  EXPECT_TRUE(std::isnan(partial.at(5, 0)));
}

class ErrorViewTest : public ::testing::Test {
 protected:
  ErrorViewTest() : panel(QStringLiteral("Error"), view) {
    CompressionConfig config;
    config.rank_k = 20;
    config.rank_v = 30;
    view->setRun(&run);
    view->setBaseline(&baseline);
    view->setWhatIf(*RankPlanner(run).plan(config));
    panel.title()->setSubtitle(view->subtitle());
    for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
    panel.resize(526, 336);
    panel.show();
  }
  void choose(int mode) {
    auto* choice = panel.findChild<SegmentedSwitch*>();
    choice->setCurrentIndex(mode);
    Q_EMIT choice->currentChanged(mode);
  }
  ErrorLayout layout() const { return ErrorLayout(view->size(), {}, 8, 8, 1); }

  const ::xkv::Run run = demoRun();
  const ::xkv::Run baseline =
      demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12});
  ErrorView* view = new ErrorView;
  Panel panel;
};

TEST_F(ErrorViewTest, LooksByLayers) {
  view->setSelection({.layers = LayerPair{3, 5}, .token = 256});
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, QStringLiteral("error")));
}

TEST_F(ErrorViewTest, LooksByGroupsAndTokens) {
  choose(1);
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, QStringLiteral("error_groups")));
  choose(2);
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, QStringLiteral("error_tokens")));
}

TEST_F(ErrorViewTest, LooksSmallAndPartial) {
  const auto stopped = demoStoppedRun();
  view->setRun(&stopped);
  view->setBaseline(nullptr);
  view->setWhatIf(std::nullopt);
  EXPECT_TRUE(matchesGoldens(panel, {360, 200}, QStringLiteral("error_partial")));
  view->setRun(nullptr);
}

TEST_F(ErrorViewTest, ClicksSelectLayersAndTokens) {
  QSignalSpy spy(view, &ErrorView::selectionChanged);
  QTest::mouseClick(view, Qt::LeftButton, {}, layout().column(6).center());
  EXPECT_EQ(spy.last()[0].value<Selection>().layers, (LayerPair{6, 6}));
  QTest::mouseClick(view, Qt::LeftButton, {},
                    {static_cast<int>(layout().xOfToken(300, 547)), layout().strip().center().y()});
  EXPECT_NEAR(static_cast<double>(*spy.last()[0].value<Selection>().token), 300, 2);
  EXPECT_EQ(spy.last()[0].value<Selection>().layers, (LayerPair{6, 6}));
}

TEST_F(ErrorViewTest, TheStripZoomsByDragAndWheel) {
  QSignalSpy spy(view, &ErrorView::selectionChanged);
  const QRect strip = layout().strip();
  const auto tokenAt = [&](int x) {
    QTest::mouseClick(view, Qt::LeftButton, {}, {x, strip.center().y()});
    return *spy.last()[0].value<Selection>().token;
  };
  const QPoint from(strip.left() + strip.width() / 4, strip.center().y());
  const QPoint to(strip.left() + strip.width() / 2, strip.center().y());
  const int64_t first = tokenAt(from.x());
  const int64_t last = tokenAt(to.x());
  QTest::mousePress(view, Qt::LeftButton, {}, from);
  QTest::mouseMove(view, to);
  QTest::mouseRelease(view, Qt::LeftButton, {}, to);
  EXPECT_EQ(tokenAt(strip.left()), first);
  EXPECT_NEAR(static_cast<double>(tokenAt(strip.right())), static_cast<double>(last), 2);
  QWheelEvent wheel(to, view->mapToGlobal(to), {}, {0, -120}, Qt::NoButton, Qt::NoModifier,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(view, &wheel);
  EXPECT_LT(tokenAt(strip.left()), first);
  QTest::mouseDClick(view, Qt::LeftButton, {}, to);
  EXPECT_EQ(tokenAt(strip.left()), 0);
}

TEST_F(ErrorViewTest, ArrowsMoveAndSayTheValue) {
  QSignalSpy spy(view, &ErrorView::selectionChanged);
  QTest::keyClick(view, Qt::Key_Right);
  EXPECT_EQ(spy.last()[0].value<Selection>().layers, (LayerPair{0, 0}));
  EXPECT_TRUE(view->accessibleDescription().startsWith(QStringLiteral("layer 0, run 3 keys ")))
      << view->accessibleDescription().toStdString();
  QTest::keyClick(view, Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_EQ(spy.last()[0].value<Selection>().token, 0);
}

TEST_F(ErrorViewTest, SaysWhyItIsEmpty) {
  EXPECT_FALSE(view->emptyReason());
  view->setWhatIf(std::nullopt);
  const auto dense = demoDenseRun();
  view->setRun(&dense);
  ASSERT_TRUE(view->emptyReason());
  EXPECT_EQ(view->emptyReason()->why, QStringLiteral("A dense cache has no error."));
  panel.grab();
  view->setRun(nullptr);
  EXPECT_TRUE(view->emptyReason());
  panel.grab();
}

}  // namespace
}  // namespace xkv::views
