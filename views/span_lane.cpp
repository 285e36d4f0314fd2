// SPDX-License-Identifier: GPL-3.0-or-later
/// Spans that follow each other, indexed so that a million of them reach the screen in
/// milliseconds.
#include "views/span_lane.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace xkv::views {
namespace {

constexpr size_t kBlock = 16;

std::vector<int64_t> durationsOf(const std::vector<Interval>& intervals) {
  std::vector<int64_t> durations;
  durations.reserve(intervals.size());
  for (const Interval& interval : intervals)
    durations.push_back(interval.end_ns - interval.start_ns);
  return durations;
}

/// Adds the share of [begin, end) to every column that it touches.
void addBusy(std::vector<PixelColumn>& columns, double begin, double end) {
  const double width = static_cast<double>(columns.size());
  begin = std::max(begin, 0.0);
  end = std::min(end, width);
  while (begin < end) {
    const double column = std::floor(begin);
    const double right = std::min(column + 1, end);
    columns[static_cast<size_t>(column)].busy += right - begin;
    begin = right;
  }
}

/// Lets the longest span seen so far in each touched column give it its colour.
void markLongest(std::vector<PixelColumn>& columns, double begin, double end,
                 const Interval& interval) {
  const int64_t duration_ns = interval.end_ns - interval.start_ns;
  const auto last = static_cast<double>(columns.size()) - 1;
  const auto from = static_cast<size_t>(std::clamp(std::floor(begin), 0.0, last));
  const auto to = static_cast<size_t>(std::clamp(std::ceil(end) - 1, 0.0, last));
  for (size_t i = from; i <= std::max(from, to); ++i) {
    if (columns[i].longest_ns >= duration_ns) continue;
    columns[i].longest = interval.span;
    columns[i].colour = interval.colour;
    columns[i].longest_ns = duration_ns;
  }
}

}  // namespace

MaxPyramid::MaxPyramid(std::vector<int64_t> values) : values_(std::move(values)) {
  size_t below = values_.size();
  while (below > kBlock) {
    const size_t blocks = (below + kBlock - 1) / kBlock;
    std::vector<uint32_t> level(blocks);
    for (size_t block = 0; block < blocks; ++block) {
      const auto at = [&](size_t i) {
        return levels_.empty() ? i : static_cast<size_t>(levels_.back()[i]);
      };
      size_t best = at(block * kBlock);
      const size_t end = std::min((block + 1) * kBlock, below);
      for (size_t i = block * kBlock + 1; i < end; ++i) best = larger(best, at(i));
      level[block] = static_cast<uint32_t>(best);
    }
    below = blocks;
    levels_.push_back(std::move(level));
  }
}

size_t MaxPyramid::larger(size_t a, size_t b) const { return values_[b] > values_[a] ? b : a; }

size_t MaxPyramid::indexOfMax(size_t begin, size_t end) const {
  size_t best = begin;
  for (size_t level = 0; begin < end; ++level) {
    const auto visit = [&](size_t from, size_t to) {
      if (level == 0) {
        for (size_t i = from; i < to; ++i) best = larger(best, i);
      } else {
        for (size_t i = from; i < to; ++i) best = larger(best, levels_[level - 1][i]);
      }
    };
    const size_t inner_begin = (begin + kBlock - 1) / kBlock;
    const size_t inner_end = end / kBlock;
    if (level == levels_.size() || inner_begin >= inner_end) {
      visit(begin, end);
      break;
    }
    visit(begin, inner_begin * kBlock);
    visit(inner_end * kBlock, end);
    begin = inner_begin;
    end = inner_end;
  }
  return best;
}

SpanLane::SpanLane(std::vector<Interval> intervals)
    : intervals_(std::move(intervals)), durations_(durationsOf(intervals_)) {
  starts_.reserve(intervals_.size());
  for (const Interval& interval : intervals_) {
    if (starts_.size() % kBlock == 0) coarse_starts_.push_back(interval.start_ns);
    starts_.push_back(interval.start_ns);
  }
  busy_before_.reserve(intervals_.size() + 1);
  busy_before_.push_back(0);
  for (const Interval& interval : intervals_)
    busy_before_.push_back(busy_before_.back() + interval.end_ns - interval.start_ns);
}

size_t SpanLane::firstEndingAfter(double time_ns) const {
  const auto found = std::partition_point(
      intervals_.begin(), intervals_.end(),
      [&](const Interval& interval) { return static_cast<double>(interval.end_ns) <= time_ns; });
  return static_cast<size_t>(found - intervals_.begin());
}

const Interval* SpanLane::at(int64_t time_ns) const {
  const size_t index = firstEndingAfter(static_cast<double>(time_ns));
  if (index == intervals_.size() || intervals_[index].start_ns > time_ns) return nullptr;
  return &intervals_[index];
}

bool SpanLane::touches(int64_t start_ns, int64_t end_ns) const {
  const size_t index = firstEndingAfter(static_cast<double>(start_ns));
  return index < intervals_.size() && intervals_[index].start_ns < end_ns;
}

LaneDrawing SpanLane::draw(TimeWindow window, int width) const {
  LaneDrawing drawing;
  const double pixels = width;
  const double narrow_ns = kNarrowPixels * window.length() / pixels;
  size_t i = firstEndingAfter(window.begin_ns);
  while (i < intervals_.size() && static_cast<double>(intervals_[i].start_ns) < window.end_ns) {
    if (static_cast<double>(durations_.value(i)) < narrow_ns) {
      if (drawing.columns.empty()) drawing.columns.resize(static_cast<size_t>(width));
      i = fillColumn(i, window, drawing);
      continue;
    }
    const double left =
        std::max(window.pixelOf(static_cast<double>(intervals_[i].start_ns), pixels), 0.0);
    const double right =
        std::min(window.pixelOf(static_cast<double>(intervals_[i].end_ns), pixels), pixels);
    drawing.wide.push_back({intervals_[i].span, left, right - left});
    ++i;
  }
  return drawing;
}

size_t SpanLane::firstStartingFrom(double time_ns, size_t from) const {
  // Gallop over every 16th start, then halve: neighbours are near at high zoom, thousands away at
  // low.
  const auto before = [&](int64_t start_ns) { return static_cast<double>(start_ns) < time_ns; };
  const size_t base = from / kBlock;
  size_t step = 1;
  while (base + step < coarse_starts_.size() && before(coarse_starts_[base + step])) step *= 2;
  const auto at = [](size_t index) { return static_cast<std::ptrdiff_t>(index); };
  const auto coarse = std::partition_point(
      coarse_starts_.begin() + at(base + step / 2),
      coarse_starts_.begin() + at(std::min(base + step, coarse_starts_.size())), before);
  const auto block =
      static_cast<size_t>(coarse - coarse_starts_.begin());  // first that is not before
  const size_t begin = std::max(from + 1, block == 0 ? 0 : (block - 1) * kBlock);
  const size_t end = std::min(block * kBlock + 1, starts_.size());
  if (begin >= end) return begin;
  const auto found =
      std::partition_point(starts_.begin() + at(begin), starts_.begin() + at(end), before);
  return static_cast<size_t>(found - starts_.begin());
}

size_t SpanLane::fillColumn(size_t first, TimeWindow window, LaneDrawing& drawing) const {
  const auto width = static_cast<double>(drawing.columns.size());
  const double narrow_ns = kNarrowPixels * window.length() / width;
  const auto pixel = [&](int64_t time_ns) {
    return window.pixelOf(static_cast<double>(time_ns), width);
  };
  const double column = std::max(std::floor(pixel(intervals_[first].start_ns)), 0.0);
  const double column_end = window.timeAt(column + 1, width);

  // The last interval that starts in this column; only it can be wide.
  size_t last = firstStartingFrom(column_end, first) - 1;
  if (last > first && static_cast<double>(durations_.value(last)) >= narrow_ns) --last;

  const int64_t inside_ns = busy_before_[last] - busy_before_[first];
  if (inside_ns > 0) {
    const double begin = std::max(pixel(intervals_[first].start_ns), 0.0);
    addBusy(drawing.columns, begin,
            begin + static_cast<double>(inside_ns) * width / window.length());
  }
  const double last_begin = pixel(intervals_[last].start_ns);
  const double last_end = pixel(intervals_[last].end_ns);
  addBusy(drawing.columns, last_begin, last_end);
  markLongest(drawing.columns, last_begin, last_end, intervals_[last]);
  if (last == first) return last + 1;
  const Interval& longest = intervals_[durations_.indexOfMax(first, last)];
  markLongest(drawing.columns, pixel(longest.start_ns), pixel(longest.end_ns), longest);
  return last + 1;
}

}  // namespace xkv::views
