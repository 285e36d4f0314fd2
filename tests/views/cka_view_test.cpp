// SPDX-License-Identifier: GPL-3.0-or-later
/// The CKA panel: geometry, words, selection by mouse and keys, regrouping, and how it looks.
#include "views/cka_view.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>
#include <cmath>
#include <cstdlib>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"
#include "views/layer_facts.h"
#include "views/panel.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

constexpr QSize kSize(1054, 343);

TEST(HeatmapLayout, CellsAreSquareAndFoundAgain) {
  const HeatmapLayout layout(kSize, 8, 2, 1);
  EXPECT_EQ(layout.cellSize(), 37);
  EXPECT_TRUE(layout.card());
  const HeatmapCell cell{1, 3, 5};
  EXPECT_EQ(layout.cell(cell).size(), QSize(37, 37));
  EXPECT_EQ(layout.cellAt(layout.cell(cell).center()), cell);
  EXPECT_EQ(layout.cellAt(layout.cell(cell).topLeft()), cell);
  EXPECT_FALSE(layout.cellAt({1, 1}));
  EXPECT_LE(layout.card()->right(), kSize.width());
}

TEST(HeatmapLayout, NarrowRoomDropsTheCardAndThinsLabels) {
  EXPECT_FALSE(HeatmapLayout({958, 271}, 8, 2, 1).card().has_value() &&
               HeatmapLayout({958, 271}, 8, 2, 1).card()->right() > 958);
  // At 1280 x 800 every cell still holds its number.
  EXPECT_TRUE(HeatmapLayout({808, 270}, 8, 2, 1).hasNumbers());
  const HeatmapLayout many({1054, 560}, 126, 1, 1);
  EXPECT_EQ(many.cellSize(), 4);
  EXPECT_FALSE(many.hasNumbers());
  EXPECT_GE(many.labelStep() * many.cellSize(), 14);
}

TEST(HeatmapLayout, NothingToShowHasNoCells) {
  const HeatmapLayout layout(kSize, 0, 2, 1);
  EXPECT_EQ(layout.numMaps(), 0);
  EXPECT_FALSE(layout.cellAt({100, 100}));
}

TEST(HeatmapLayout, ADraggedGripSnapsToLayers) {
  const HeatmapLayout layout(kSize, 8, 2, 1);
  EXPECT_EQ(layout.gripAt(layout.grip(1, 4).center(), {4}), 4);
  EXPECT_FALSE(layout.gripAt(layout.grip(1, 5).center(), {4}));
  EXPECT_EQ(layout.borderAt(layout.map(0).y() + 3 * 37 + 10), 3);
  EXPECT_EQ(layout.borderAt(-50), 1);
  EXPECT_EQ(layout.borderAt(5000), 7);
}

TEST(HeatmapLayout, ZoomKeepsTheCellUnderTheCursor) {
  const HeatmapLayout whole(kSize, 8, 2, 1);
  const HeatmapCell cell{0, 6, 1};
  const QPoint point = whole.cell(cell).center();
  const HeatmapWindow window = whole.zoomedAt(point, 1);
  EXPECT_LT(window.layers, 8);
  const HeatmapLayout zoomed(kSize, 8, 2, 1, window);
  EXPECT_GT(zoomed.cellSize(), whole.cellSize());
  const auto under = zoomed.cellAt(point);
  ASSERT_TRUE(under);
  EXPECT_LE(std::abs(under->row - 6), 1);
  EXPECT_LE(std::abs(under->column - 1), 1);
  EXPECT_EQ(zoomed.colourBar(), whole.colourBar()) << "nothing beside the maps moves";
  EXPECT_EQ(zoomed.zoomedAt(point, -9), (HeatmapWindow{0, 0, 8}));
}

TEST(HeatmapLayout, PansInsideTheMapOnly) {
  const HeatmapLayout layout(kSize, 8, 2, 1, {2, 2, 4});
  EXPECT_EQ(layout.panned(1, -1), (HeatmapWindow{3, 1, 4}));
  EXPECT_EQ(layout.panned(9, -9), (HeatmapWindow{4, 0, 4}));
  EXPECT_EQ(layout.cellAt(layout.cell({1, 3, 5}).center()), (HeatmapCell{1, 3, 5}));
}

TEST(HeatmapLayout, MoreLayersThanPixelsAreShownInPart) {
  const HeatmapLayout layout({1054, 300}, 126, 1, 1);
  EXPECT_EQ(layout.cellSize(), 4);
  EXPECT_LT(layout.window().layers, 126);
  EXPECT_EQ(layout.panned(500, 0).row, 126 - layout.window().layers);
}

TEST(HeatmapLayout, AWidePanelHasRoomForAThirdMap) {
  EXPECT_TRUE(HeatmapLayout({1920, 444}, 8, 3, 1).hasLargestCells());
  EXPECT_TRUE(HeatmapLayout({1920, 444}, 8, 3, 1).card());
  EXPECT_FALSE(HeatmapLayout(kSize, 8, 2, 1).hasLargestCells());
}

TEST(LayerFacts, CosineIsAveragedAsCkaIs) {
  auto run = demoRun();
  CkaRecord& record = run.cka[0];
  std::fill(record.token_cosine.begin(), record.token_cosine.end(), 0.25F);
  EXPECT_DOUBLE_EQ(meanCosine(record, 1), 0.25);
  record.token_cosine.clear();
  EXPECT_TRUE(std::isnan(meanCosine(record, 1)));
}

TEST(LayerFacts, ALayerIsCutOutOfItsGroup) {
  const std::vector<PlannedGroup> groups = {{0, 4, 1, 1}, {4, 4, 1, 1}};
  const auto first = withLayerAlone(groups, 0);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].num_layers, 1);
  EXPECT_EQ(first[1].first_layer, 1);
  EXPECT_EQ(first[1].num_layers, 3);
  EXPECT_EQ(withLayerAlone(groups, 6).size(), 4u);
  EXPECT_TRUE(withLayerAlone({{0, 1, 1, 1}}, 0).empty());
  EXPECT_TRUE(withLayerAlone({}, 0).empty());
}

TEST(LayerFacts, PlacesAndOddLayer) {
  const auto run = demoRun();
  EXPECT_EQ(placeOf(run.started.plan, {3, 5}), "across the border of g0 and g1");
  EXPECT_EQ(placeOf(run.started.plan, {1, 2}), "inside g0");
  EXPECT_EQ(placeOf({}, {1, 2}), "dense, no groups");
  const auto odd = oddLayer(run);
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->layer, 0);
}

TEST(LayerFacts, MovingABorderKeepsEveryLayer) {
  const std::vector<PlannedGroup> groups = {{0, 4, 1, 1}, {4, 4, 1, 1}};
  const auto moved = movedBorder(groups, 4, 3);
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved[0].num_layers, 3);
  EXPECT_EQ(moved[1].first_layer, 3);
  EXPECT_EQ(moved[1].num_layers, 5);
  EXPECT_TRUE(movedBorder(groups, 4, 0).empty());
  EXPECT_TRUE(movedBorder(groups, 4, 8).empty());
}

class CkaViewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    view.setRun(&run);
    view.setGroups(run.started.plan, false);
    view.resize(kSize);
    view.show();
  }
  QPoint cellCentre(int map, int row, int column) const {
    return HeatmapLayout(kSize, 8, 2, 1).cell({map, row, column}).center();
  }
  static HeatmapLayout layoutOf(HeatmapWindow window) { return {kSize, 8, 2, 1, window}; }
  const ::xkv::Run run = demoRun();
  CkaView view;
};

TEST_F(CkaViewTest, Looks) {
  view.setSelection({.layers = LayerPair{3, 5}});
  Panel panel(QStringLiteral("CKA"), &view);
  panel.title()->setSubtitle(view.subtitle());
  for (QWidget* widget : view.titleWidgets()) panel.title()->addWidget(widget);
  EXPECT_TRUE(matchesGoldens(panel, {1056, 372}, QStringLiteral("cka")));
  EXPECT_TRUE(matchesGoldens(panel, {1920, 472}, QStringLiteral("cka_wide")))
      << "token cosine has the room that the largest cells leave";
  view.setParent(nullptr);
}

TEST_F(CkaViewTest, LooksNarrowWithPredictedGroups) {
  view.setGroups({{0, 2, 8, 8}, {2, 2, 8, 8}, {4, 4, 8, 8}}, true);
  EXPECT_TRUE(matchesGoldens(view, {700, 280}, QStringLiteral("cka_narrow")));
}

TEST_F(CkaViewTest, LooksPartial) {
  const auto stopped = demoStoppedRun();
  view.setRun(&stopped);
  view.setGroups(stopped.started.plan, false);
  EXPECT_TRUE(matchesGoldens(view, kSize, QStringLiteral("cka_partial")));
}

TEST_F(CkaViewTest, AClickSelectsThePairInEveryPanel) {
  QSignalSpy spy(&view, &CkaView::selectionChanged);
  QTest::mouseClick(&view, Qt::LeftButton, {}, cellCentre(1, 3, 5));
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy[0][0].value<Selection>().layers, (LayerPair{3, 5}));
}

TEST_F(CkaViewTest, ArrowsMoveTheCellAndSayItsValue) {
  QSignalSpy spy(&view, &CkaView::selectionChanged);
  view.setSelection({.layers = LayerPair{0, 7}});
  QTest::keyClick(&view, Qt::Key_Right);
  QTest::keyClick(&view, Qt::Key_Down);
  EXPECT_EQ(spy.last()[0].value<Selection>().layers, (LayerPair{1, 7}));
  EXPECT_TRUE(view.accessibleDescription().startsWith(QStringLiteral("layers 1 x 7, keys, CKA 0.")))
      << view.accessibleDescription().toStdString();
}

TEST_F(CkaViewTest, DraggingAGripRegroups) {
  QSignalSpy spy(&view, &CkaView::groupsChanged);
  const HeatmapLayout layout(kSize, 8, 2, 1);
  QTest::mousePress(&view, Qt::LeftButton, {}, layout.grip(0, 4).center());
  QTest::mouseMove(&view, layout.grip(0, 6).center());
  QTest::mouseRelease(&view, Qt::LeftButton, {}, layout.grip(0, 6).center());
  ASSERT_EQ(spy.count(), 1);
  const auto groups = spy[0][0].value<std::vector<LayerGroup>>();
  EXPECT_EQ(groups.at(0).num_layers, 6);
}

TEST_F(CkaViewTest, WheelZoomsAndDoubleClickShowsTheGroup) {
  const auto turn = [&](QPoint point, Qt::KeyboardModifiers keys, int delta) {
    QWheelEvent wheel(point, view.mapToGlobal(point), {}, {0, delta}, Qt::NoButton, keys,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &wheel);
  };
  QSignalSpy spy(&view, &CkaView::selectionChanged);
  const QPoint corner = cellCentre(0, 7, 7);
  turn(corner, {}, 120);
  turn(corner, {}, 120);
  QTest::mouseClick(&view, Qt::LeftButton, {}, layoutOf({}).map(0).topLeft() + QPoint(2, 2));
  EXPECT_GT(spy.last()[0].value<Selection>().layers->row, 0) << "the first layers are out of sight";
  turn(corner, Qt::ShiftModifier, 120);
  turn(corner, {}, -120);
  QTest::mouseDClick(&view, Qt::LeftButton, {}, corner);
  const HeatmapLayout group = layoutOf({4, 4, 4});
  QTest::mouseClick(&view, Qt::LeftButton, {}, group.cell({0, 4, 5}).center());
  EXPECT_EQ(spy.last()[0].value<Selection>().layers, (LayerPair{4, 5}));
  EXPECT_TRUE(matchesGoldens(view, kSize, QStringLiteral("cka_zoomed")));
}

TEST_F(CkaViewTest, HandlesNarrowTheRangeOfColours) {
  const QImage before = view.grab().toImage();
  const HeatmapLayout layout = layoutOf({});
  const QPoint low = layout.colourHandle(0).center();
  const QPoint middle = layout.colourHandle(0.5).center();
  const QPoint cell = layout.cell({0, 0, 7}).topLeft() + QPoint(3, 3);
  QTest::mousePress(&view, Qt::LeftButton, {}, low);
  QTest::mouseMove(&view, middle);
  QTest::mouseRelease(&view, Qt::LeftButton, {}, middle);
  EXPECT_EQ(QColor(view.grab().toImage().pixel(cell)), QColor(mapColour(ColourMap::viridis, 0)));
  EXPECT_NE(before.pixel(cell), view.grab().toImage().pixel(cell));
  QTest::mouseDClick(&view, Qt::LeftButton, {}, middle);
  EXPECT_EQ(before.pixel(cell), view.grab().toImage().pixel(cell));
}

TEST_F(CkaViewTest, OneStreamIsShownLargerAndSaid) {
  view.setStream(Stream::value);
  view.setSelection({.layers = LayerPair{3, 5}});
  QTest::keyClick(&view, Qt::Key_Right);
  EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("values")));
  view.setStream(std::nullopt);
  QTest::keyClick(&view, Qt::Key_Right);
  EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("keys")));
}

TEST_F(CkaViewTest, TheOddLayerIsOfferedAGroupOfItsOwn) {
  QSignalSpy spy(&view, &CkaView::groupsChanged);
  view.setSelection({.layers = LayerPair{3, 5}});
  view.grab();
  const QRect card = *layoutOf({}).card();
  for (int y = card.top(); y < card.bottom() && spy.isEmpty(); y += 6)
    QTest::mouseClick(&view, Qt::LeftButton, {}, {card.left() + 20, y});
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy[0][0].value<std::vector<LayerGroup>>().size(), 3u);
}

TEST_F(CkaViewTest, SaysWhyItIsEmpty) {
  EXPECT_FALSE(view.emptyReason());
  view.setRun(nullptr);
  EXPECT_TRUE(view.emptyReason());
  auto lean = run;
  lean.cka.clear();
  lean.started.spec.analysis = AnalysisScope::none;
  view.setRun(&lean);
  ASSERT_TRUE(view.emptyReason());
  EXPECT_TRUE(view.emptyReason()->why.contains(QStringLiteral("less analysis")));
  view.grab();  // paints nothing, and does not crash
}

}  // namespace
}  // namespace xkv::views
