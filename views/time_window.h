// SPDX-License-Identifier: GPL-3.0-or-later
/// The part of a run's clock that is on the screen: zoom, pan, pixels, ruler ticks.
#pragma once

#include <cstdint>
#include <vector>

namespace xkv::views {

/// A stretch of time in ns since run start; end > begin.
struct TimeWindow {
  double begin_ns = 0;
  double end_ns = 1;

  double length() const { return end_ns - begin_ns; }
  /// Pixel of a time in a view of `width` pixels; not clamped.
  double pixelOf(double time_ns, double width) const;
  double timeAt(double pixel, double width) const;
  friend bool operator==(const TimeWindow&, const TimeWindow&) = default;
};

/// Shortest window that can be zoomed to.
constexpr double kShortestWindowNs = 100;

/// Scales the window by `factor` (< 1 zooms in) and keeps `anchor_ns` at its pixel; stays inside
/// bounds.
TimeWindow zoomed(TimeWindow window, double factor, double anchor_ns, TimeWindow bounds);
/// Moves the window by `delta_ns`; stays inside bounds and keeps its length.
TimeWindow panned(TimeWindow window, double delta_ns, TimeWindow bounds);
/// The window moved and cut so that it lies inside bounds and is not shorter than allowed.
TimeWindow clamped(TimeWindow window, TimeWindow bounds);

/// Times of the ruler's labels: multiples of 1, 2 or 5 · 10^n ns, at least `gap` pixels apart.
std::vector<int64_t> rulerTicks(TimeWindow window, double width, double gap);

}  // namespace xkv::views
