// SPDX-License-Identifier: GPL-3.0-or-later
/// A timeline of a million spans: building its index, one frame at three zooms, statistics of a
/// range.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QImage>
#include <QPainter>
#include <cstdint>

#include "views/range_statistics.h"
#include "views/theme.h"
#include "views/timeline_painter.h"

namespace xkv::views {
namespace {

constexpr int64_t kSpans = 1'000'000;
constexpr int32_t kLayers = 32;
constexpr QSize kSize(1212, 708);

/// Layer after layer, attention and MLP in turns of uneven length, as a long decode leaves them.
TimelineRecord timelineOf(int64_t spans) {
  TimelineRecord timeline;
  timeline.spans.reserve(static_cast<size_t>(spans));
  int64_t now = 0;
  uint32_t seed = 1;
  for (int64_t i = 0; i < spans; ++i) {
    seed = seed * 1664525U + 1013904223U;
    const int64_t length = 2'000 + (seed >> 16) % 30'000;
    const auto kind = i % 3 == 0   ? PhaseKind::attention
                      : i % 3 == 1 ? PhaseKind::mlp
                                   : PhaseKind::rebuild;
    timeline.spans.push_back(
        {kind, now, now + length, static_cast<int32_t>(i / 3 % kLayers), -1, -1, 0, {}});
    if (i % 64 == 0) timeline.cache_samples.push_back({now, i * 128});
    now += length + 200;
  }
  return timeline;
}

const TimelineLayout& millionSpans() {
  static const TimelineLayout layout(timelineOf(kSpans), TrackSet::full);
  return layout;
}

void buildIndex(benchmark::State& state) {
  const TimelineRecord timeline = timelineOf(kSpans);
  for (auto _ : state)
    benchmark::DoNotOptimize(TimelineLayout(timeline, TrackSet::full).tracks().size());
}
BENCHMARK(buildIndex)->Unit(benchmark::kMillisecond)->Iterations(3);

/// The argument is how often the whole run fits beside what is shown: 1 = everything.
void paintFrame(benchmark::State& state) {
  const TimelineLayout& layout = millionSpans();
  const TimelineGeometry geometry = timelineGeometry(layout, TrackSet::full, kSize, false);
  const double length = layout.bounds().length() / static_cast<double>(state.range(0));
  TimelineScene scene{
      layout, geometry, TrackSet::full, {length / 3, length / 3 + length}, 0, kSize, 1, {}, {}, -1};
  if (state.range(0) == 1) scene.window = layout.bounds();
  QImage image(kSize, QImage::Format_ARGB32_Premultiplied);
  for (auto _ : state) {
    QPainter painter(&image);
    paintTimeline(painter, scene);
  }
}
BENCHMARK(paintFrame)->Arg(1)->Arg(30)->Arg(10'000)->Unit(benchmark::kMillisecond);

void statisticsOfHalf(benchmark::State& state) {
  const TimelineLayout& layout = millionSpans();
  const auto end = static_cast<int64_t>(layout.bounds().length());
  for (auto _ : state)
    benchmark::DoNotOptimize(rangeStatistics(layout, end / 4, 3 * (end / 4)).count);
}
BENCHMARK(statisticsOfHalf)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xkv::views

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  xkv::views::applyTheme(application, xkv::views::ThemeKind::dark);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
