// SPDX-License-Identifier: GPL-3.0-or-later
/// Tracks, pixels, zoom, search and statistics of the timeline, without a widget.
#include "views/timeline_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/views/timeline_from.h"
#include "views/range_statistics.h"

namespace xkv::views {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kOneLayer[] =
    "prefill 0-90 | layer 0-45 layer 0 | projection 0-5 layer 0 | attention 5-40 layer 0 | "
    "factor 50-80 group 0 | decode 90-100 | logits 98-99";

TimelineLayout layoutOf(const std::string& text, TrackSet set = TrackSet::full) {
  return TimelineLayout(timelineFrom(text), set);
}

int32_t indexOf(const TimelineLayout& layout, PhaseKind kind, int32_t step = -1) {
  const auto& spans = layout.timeline().spans;
  for (size_t i = 0; i < spans.size(); ++i)
    if (spans[i].kind == kind && (step < 0 || spans[i].step == step))
      return static_cast<int32_t>(i);
  return -1;
}

std::vector<TrackKind> kindsOf(const TimelineLayout& layout) {
  std::vector<TrackKind> kinds;
  for (const Track& track : layout.tracks()) kinds.push_back(track.kind);
  return kinds;
}

TEST(TimelineLayoutTest, FullSetHasARowForEachKindAndLayer) {
  const auto layout = layoutOf(std::string(kOneLayer) + " | mlp 41-44 layer 1");
  EXPECT_THAT(kindsOf(layout), ElementsAre(TrackKind::phases, TrackKind::engine, TrackKind::layer,
                                           TrackKind::layer, TrackKind::factor));
  EXPECT_EQ(layout.tracks()[3].layer, 1);
  EXPECT_EQ(layout.tracks()[2].num_spans, 2) << "the layer's own bracket is not drawn";
  EXPECT_EQ(layout.bounds(), (TimeWindow{0, 100'000}));
}

TEST(TimelineLayoutTest, CompactSetHasTwoRows) {
  const auto layout = layoutOf(kOneLayer, TrackSet::compact);
  EXPECT_THAT(kindsOf(layout), ElementsAre(TrackKind::phases, TrackKind::layers_and_factor));
  EXPECT_EQ(layout.tracks()[1].num_spans, 4);
}

TEST(TimelineLayoutTest, EmptyTimelineHasNoTracks) {
  const TimelineLayout layout(TimelineRecord{}, TrackSet::full);
  EXPECT_THAT(layout.tracks(), IsEmpty());
  EXPECT_EQ(layout.bounds().length(), 1);
  EXPECT_THAT(layout.matching(""), IsEmpty());
  EXPECT_EQ(nextMatch(layout, {}, -1, true), -1);
  EXPECT_FALSE(layout.cachePeak());
}

TEST(TimelineLayoutTest, WideSpansLieAtTheirPixels) {
  const auto layout = layoutOf("prefill 0-90 | attention 5-40 layer 0");
  const TrackDrawing drawing = layout.draw(1, layout.bounds(), 900);
  ASSERT_EQ(drawing.size(), 1U);
  ASSERT_EQ(drawing[0].wide.size(), 1U);
  EXPECT_DOUBLE_EQ(drawing[0].wide[0].x, 50);
  EXPECT_DOUBLE_EQ(drawing[0].wide[0].width, 350);
  EXPECT_THAT(drawing[0].columns, IsEmpty());
}

TEST(TimelineLayoutTest, SpansOutsideTheWindowAreCutOrLeftOut) {
  const auto layout = layoutOf("prefill 0-90 | attention 5-40 layer 0 | mlp 40-80 layer 0");
  const TrackDrawing drawing = layout.draw(1, {10'000, 20'000}, 100);
  ASSERT_EQ(drawing[0].wide.size(), 1U);
  EXPECT_DOUBLE_EQ(drawing[0].wide[0].x, 0);
  EXPECT_DOUBLE_EQ(drawing[0].wide[0].width, 100);
}

TEST(TimelineLayoutTest, NarrowSpansFillTheirColumnByBusyShareInTheColourOfTheLongest) {
  // One pixel is 100 µs: attention and mlp share column 0, half of it busy.
  const auto layout = layoutOf(
      "attention 0-10 layer 0 | mlp 20-60 layer 0 | gram 950-1000 layer 0 | prefill 0-1000");
  const TrackDrawing drawing = layout.draw(1, layout.bounds(), 10);
  ASSERT_THAT(drawing[0].wide, IsEmpty());
  const auto& columns = drawing[0].columns;
  ASSERT_EQ(columns.size(), 10U);
  EXPECT_NEAR(columns[0].busy, 0.5, 1e-9);
  EXPECT_EQ(columns[0].longest, indexOf(layout, PhaseKind::mlp));
  EXPECT_EQ(columns[4].longest, -1);
  EXPECT_NEAR(columns[9].busy, 0.5, 1e-9);
  EXPECT_EQ(columns[9].longest, indexOf(layout, PhaseKind::gram));
}

TEST(TimelineLayoutTest, ANarrowSpanOverAColumnBorderIsSharedOut) {
  const auto layout = layoutOf("prefill 0-1000 | attention 150-320 layer 0");
  const auto columns = layout.draw(1, layout.bounds(), 10)[0].columns;
  EXPECT_NEAR(columns[1].busy, 0.5, 1e-9);
  EXPECT_NEAR(columns[2].busy, 1.0, 1e-9);
  EXPECT_NEAR(columns[3].busy, 0.2, 1e-9);
  EXPECT_EQ(columns[3].longest, indexOf(layout, PhaseKind::attention));
}

TEST(TimelineLayoutTest, BusyTimeIsKeptAtEveryZoom) {
  TimelineRecord timeline;
  int64_t now = 0;
  int64_t busy = 0;
  uint32_t seed = 7;
  for (int i = 0; i < 20'000; ++i) {
    seed = seed * 1664525U + 1013904223U;
    now += (seed >> 8) % 50;
    const int64_t length = (seed >> 16) % 400;
    timeline.spans.push_back({PhaseKind::mlp, now, now + length, 0, -1, -1, 0, ""});
    now += length;
    busy += length;
  }
  const TimelineLayout layout(timeline, TrackSet::full);
  for (const int width : {1, 10, 999, 40'000}) {
    const LaneDrawing lane = layout.draw(0, layout.bounds(), width)[0];
    double pixels = 0;
    for (const PixelColumn& column : lane.columns) {
      EXPECT_LE(column.busy, 1.0 + 1e-6);
      pixels += column.busy;
    }
    for (const WideSpan& span : lane.wide) pixels += span.width;
    const double drawn_ns = pixels * layout.bounds().length() / width;
    EXPECT_NEAR(drawn_ns / static_cast<double>(busy), 1.0, 1e-6) << width;
  }
}

TEST(TimelineLayoutTest, NestedSpansLieOnLanesAboveTheirContainer) {
  const auto layout =
      layoutOf("decode 0-100 | decode_step 10-50 step 1 | decode_step 50-90 step 2");
  ASSERT_EQ(layout.tracks()[0].lanes.size(), 2U);
  EXPECT_EQ(layout.tracks()[0].lanes[1].intervals().size(), 2U);
  EXPECT_EQ(layout.spanAt(0, layout.bounds(), 100, 60), indexOf(layout, PhaseKind::decode_step, 2));
  EXPECT_EQ(layout.spanAt(0, layout.bounds(), 100, 95), indexOf(layout, PhaseKind::decode));
}

TEST(TimelineLayoutTest, HitTestReachesNarrowSpansWithinTheSlack) {
  const auto layout = layoutOf("prefill 0-10000 | attention 5000-5001 layer 0");
  const int32_t attention = indexOf(layout, PhaseKind::attention);
  EXPECT_EQ(layout.spanAt(1, layout.bounds(), 1000, 501.5), attention);
  EXPECT_EQ(layout.spanAt(1, layout.bounds(), 1000, 499), attention);
  EXPECT_EQ(layout.spanAt(1, layout.bounds(), 1000, 520), -1);
}

TEST(TimelineLayoutTest, OverlappingAndReversedSpansAreShownWithoutHarm) {
  TimelineRecord timeline;
  for (int i = 0; i < 100; ++i)
    timeline.spans.push_back({PhaseKind::mlp, i, 1000 + i, 0, -1, -1, 0, ""});
  timeline.spans.push_back({PhaseKind::attention, 500, 400, 0, -1, -1, 0, ""});
  const TimelineLayout layout(timeline, TrackSet::full);
  for (const SpanLane& lane : layout.tracks()[0].lanes)
    for (size_t i = 1; i < lane.intervals().size(); ++i)
      EXPECT_LE(lane.intervals()[i - 1].end_ns, lane.intervals()[i].start_ns);
  EXPECT_FALSE(layout.draw(0, layout.bounds(), 300).empty());
}

TEST(TimelineLayoutTest, PiecesGiveEveryMomentToTheInnermostOperation) {
  const auto layout = layoutOf("decode 0-100 | attention 10-50 layer 0 | rebuild 20-30 layer 0");
  std::vector<std::pair<int64_t, int64_t>> pieces;
  for (const Interval& piece : layout.pieces()) pieces.emplace_back(piece.start_ns, piece.end_ns);
  EXPECT_THAT(pieces, ElementsAre(std::pair<int64_t, int64_t>{10'000, 20'000},
                                  std::pair<int64_t, int64_t>{20'000, 30'000},
                                  std::pair<int64_t, int64_t>{30'000, 50'000}));
}

TEST(TimelineLayoutTest, EdgesSnapToSpansOnlyWithinTheSlack) {
  const auto layout = layoutOf("prefill 0-90 | attention 10-50 layer 0");
  EXPECT_EQ(layout.snapped(11'000, 2'000), 10'000);
  EXPECT_EQ(layout.snapped(49'500, 2'000), 50'000);
  EXPECT_EQ(layout.snapped(30'000, 2'000), 30'000);
}

TEST(TimelineLayoutTest, CacheCounterHoldsItsValueBetweenSamples) {
  const auto layout = layoutOf("prefill 0-90 | cache 10=100 | cache 30=700 | cache 35=200");
  EXPECT_FALSE(layout.cacheBytesAt(9'000));
  EXPECT_EQ(layout.cacheBytesAt(20'000), 100);
  EXPECT_EQ(layout.largestCacheBytes(0, 9'000), std::nullopt);
  EXPECT_EQ(layout.largestCacheBytes(12'000, 13'000), 100);
  EXPECT_EQ(layout.largestCacheBytes(20'000, 40'000), 700);
  EXPECT_EQ(layout.cachePeak()->time_ns, 30'000);
}

TEST(TimelineSearchTest, WordsMatchKindLayerGroupStepAndLabel) {
  const auto layout = layoutOf(
      "prefill 0-90 | attention 5-40 layer 2 | attention 45-48 layer 3 | factor 50-80 group 1 "
      "label keys");
  EXPECT_THAT(layout.matching("ATTENTION"), testing::SizeIs(2));
  EXPECT_THAT(layout.matching("attention layer 3"), ElementsAre(1));
  EXPECT_THAT(layout.matching("svd g1 keys"), ElementsAre(indexOf(layout, PhaseKind::factor)));
  EXPECT_THAT(layout.matching("attention g1"), IsEmpty());
  EXPECT_THAT(layout.matching(""), testing::SizeIs(3))
      << "the prefill is a bracket, not an operation";
}

TEST(TimelineSearchTest, NextAndPreviousGoRound) {
  const auto layout = layoutOf("mlp 0-10 layer 0 | mlp 20-30 layer 1 | mlp 40-50 layer 2");
  const auto matches = layout.matching("mlp");
  EXPECT_EQ(nextMatch(layout, matches, -1, true), 0);
  EXPECT_EQ(nextMatch(layout, matches, 0, true), 1);
  EXPECT_EQ(nextMatch(layout, matches, 2, true), 0);
  EXPECT_EQ(nextMatch(layout, matches, 0, false), 2);
  EXPECT_EQ(nextMatch(layout, matches, 2, false), 1);
}

TEST(TimelineSearchTest, NamesSayLayerAndOperation) {
  EXPECT_EQ(spanName({PhaseKind::attention, 0, 1, 5, -1, -1, 0, ""}), "layer 5, attention");
  EXPECT_EQ(spanName({PhaseKind::factor, 0, 1, -1, 0, -1, 0, "g0 keys, rank 24"}),
            "g0 keys, rank 24");
  EXPECT_EQ(spanName({PhaseKind::decode_step, 0, 1, -1, -1, 3, 0, ""}), "decode step 3");
}

TEST(TimeWindowTest, ZoomKeepsTheTimeUnderTheCursor) {
  const TimeWindow bounds{0, 100'000};
  const TimeWindow window = zoomed(bounds, 0.5, 25'000, bounds);
  EXPECT_DOUBLE_EQ(window.length(), 50'000);
  EXPECT_DOUBLE_EQ(window.pixelOf(25'000, 1000), 250);
  EXPECT_EQ(zoomed(window, 100, 25'000, bounds), bounds);
  EXPECT_DOUBLE_EQ(zoomed(bounds, 1e-9, 50'000, bounds).length(), kShortestWindowNs);
}

TEST(TimeWindowTest, PanStopsAtTheEnds) {
  const TimeWindow bounds{0, 100'000};
  EXPECT_EQ(panned({10'000, 30'000}, -50'000, bounds), (TimeWindow{0, 20'000}));
  EXPECT_EQ(panned({10'000, 30'000}, 500'000, bounds), (TimeWindow{80'000, 100'000}));
}

TEST(TimeWindowTest, RulerTicksAreRoundAndApart) {
  EXPECT_THAT(rulerTicks({0, 40'000'000}, 1000, 100),
              ElementsAre(0, 5'000'000, 10'000'000, 15'000'000, 20'000'000, 25'000'000, 30'000'000,
                          35'000'000, 40'000'000));
  EXPECT_THAT(rulerTicks({0, 1}, 0, 100), IsEmpty());
}

TEST(RangeStatisticsTest, CountsOwnTimeInsideTheRange) {
  const auto layout = layoutOf(
      "prefill 0-100 | attention 0-40 layer 0 | mlp 50-60 layer 0 | mlp 60-90 layer 0 | layer 0-95 "
      "layer 0");
  const RangeStatistics range = rangeStatistics(layout, 20'000, 80'000);
  EXPECT_EQ(range.count, 3);
  EXPECT_EQ(range.cut, 2);
  EXPECT_EQ(range.busy_ns, 50'000);
  EXPECT_EQ(range.idle_ns, 10'000);
  ASSERT_EQ(range.roles.size(), 2U);
  EXPECT_EQ(range.roles[0].role, SpanRole::projection);
  EXPECT_EQ(range.roles[0].sum_ns, 30'000);
  EXPECT_DOUBLE_EQ(range.roles[0].share, 0.5);
  EXPECT_EQ(range.roles[0].p50_ns, 10'000);
  EXPECT_EQ(range.roles[0].max_ns, 20'000);
  EXPECT_EQ(range.roles[1].sum_ns, 20'000);
}

TEST(RangeStatisticsTest, AContainedOperationIsNotCountedTwice) {
  const auto layout = layoutOf("attention 0-100 layer 0 | rebuild 20-50 layer 0");
  const RangeStatistics range = rangeStatistics(layout, 0, 100'000);
  EXPECT_EQ(range.count, 2);
  EXPECT_EQ(range.idle_ns, 0);
  EXPECT_EQ(range.roles[0].sum_ns, 70'000);
  EXPECT_EQ(range.roles[1].sum_ns, 30'000);
}

TEST(RangeStatisticsTest, PercentilesAreNearestRank) {
  TimelineRecord timeline;
  for (int i = 1; i <= 200; ++i)
    timeline.spans.push_back({PhaseKind::mlp, i * 1000, i * 1000 + i, 0, -1, -1, 0, ""});
  const TimelineLayout layout(timeline, TrackSet::full);
  const RangeStatistics range = rangeStatistics(layout, 0, 1'000'000);
  EXPECT_EQ(range.roles[0].p50_ns, 100);
  EXPECT_EQ(range.roles[0].p99_ns, 198);
  EXPECT_EQ(range.roles[0].max_ns, 200);
  EXPECT_EQ(range.longest.size(), kLongestSpans);
  EXPECT_EQ(range.longest[0], 199);
}

TEST(RangeStatisticsTest, AnEmptyRangeHasNothing) {
  const auto layout = layoutOf("attention 0-100 layer 0");
  EXPECT_EQ(rangeStatistics(layout, 50, 50).count, 0);
  EXPECT_THAT(rangeStatistics(layout, 200'000, 300'000).roles, IsEmpty());
}

TEST(MaxPyramidTest, AgreesWithASearch) {
  std::vector<int64_t> values(1000);
  uint32_t seed = 3;
  for (int64_t& value : values) value = (seed = seed * 1664525U + 1013904223U) % 97;
  const MaxPyramid pyramid(values);
  for (size_t begin = 0; begin < values.size(); begin += 37)
    for (size_t end = begin + 1; end <= values.size(); end += 53) {
      const auto first = values.begin();
      const auto best = std::max_element(first + static_cast<std::ptrdiff_t>(begin),
                                         first + static_cast<std::ptrdiff_t>(end));
      EXPECT_EQ(values[pyramid.indexOfMax(begin, end)], *best);
    }
}

}  // namespace
}  // namespace xkv::views
