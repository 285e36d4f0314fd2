// SPDX-License-Identifier: GPL-3.0-or-later
/// Spans that follow each other, indexed so that a million of them reach the screen in
/// milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "views/time_window.h"

namespace xkv::views {

/// One span's place on the clock; `span` is its index in the timeline.
struct Interval {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  int32_t span = -1;
  int32_t colour = 0;  ///< index of the span's colour: a paint need not read the span itself
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// A span wide enough to be drawn as itself, clipped to the view.
struct WideSpan {
  int32_t span = -1;
  double x = 0;
  double width = 0;
};

/// What the spans too narrow to be drawn leave in one pixel column.
struct PixelColumn {
  double busy = 0;          ///< share of the column's time, 0..1
  int32_t longest = -1;     ///< span whose colour the column takes; -1 = nothing here
  int32_t colour = 0;       ///< that colour's index
  int64_t longest_ns = -1;  ///< its duration
};

struct LaneDrawing {
  std::vector<WideSpan> wide;
  std::vector<PixelColumn> columns;  ///< one per pixel of the view; empty if no span is narrow
};

/// Spans narrower than this many pixels are merged into columns.
constexpr double kNarrowPixels = 3;

/// Largest value over any stretch of a sequence, from a pyramid of blocks.
class MaxPyramid {
 public:
  MaxPyramid() = default;
  explicit MaxPyramid(std::vector<int64_t> values);
  /// Index of a largest value in [begin, end); begin < end.
  size_t indexOfMax(size_t begin, size_t end) const;
  int64_t value(size_t index) const { return values_[index]; }

 private:
  size_t larger(size_t a, size_t b) const;
  std::vector<int64_t> values_;
  std::vector<std::vector<uint32_t>>
      levels_;  // level k: index of the largest of each block of 16^(k+1)
};

/// Intervals in order of start, none of which overlaps the next.
class SpanLane {
 public:
  explicit SpanLane(std::vector<Interval> intervals);

  const std::vector<Interval>& intervals() const { return intervals_; }
  /// The interval at a time, or null.
  const Interval* at(int64_t time_ns) const;
  /// First interval that ends after a time; intervals().size() if there is none.
  size_t firstEndingAfter(double time_ns) const;
  /// Whether an interval lies in [start_ns, end_ns).
  bool touches(int64_t start_ns, int64_t end_ns) const;
  LaneDrawing draw(TimeWindow window, int width) const;

 private:
  /// Puts the narrow intervals that start in one pixel column into it and returns the first one
  /// left over.
  size_t fillColumn(size_t first, TimeWindow window, LaneDrawing& drawing) const;

  /// First interval after `from` that does not start before a time.
  size_t firstStartingFrom(double time_ns, size_t from) const;

  std::vector<Interval> intervals_;
  std::vector<int64_t> starts_;         // one per interval: a search reads fewer cache lines
  std::vector<int64_t> coarse_starts_;  // every 16th of them
  std::vector<int64_t> busy_before_;    // (n + 1), ns of all intervals before this one
  MaxPyramid durations_;
};

}  // namespace xkv::views
