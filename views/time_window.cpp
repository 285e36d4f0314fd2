// SPDX-License-Identifier: GPL-3.0-or-later
/// The part of a run's clock that is on the screen: zoom, pan, pixels, ruler ticks.
#include "views/time_window.h"

#include <algorithm>
#include <cmath>

namespace xkv::views {

double TimeWindow::pixelOf(double time_ns, double width) const {
  return (time_ns - begin_ns) / length() * width;
}

double TimeWindow::timeAt(double pixel, double width) const {
  return begin_ns + pixel / width * length();
}

TimeWindow clamped(TimeWindow window, TimeWindow bounds) {
  const double shortest = std::min(kShortestWindowNs, bounds.length());
  const double length = std::clamp(window.length(), shortest, bounds.length());
  const double begin = std::clamp(window.begin_ns, bounds.begin_ns, bounds.end_ns - length);
  return {begin, begin + length};
}

TimeWindow zoomed(TimeWindow window, double factor, double anchor_ns, TimeWindow bounds) {
  const double shortest = std::min(kShortestWindowNs, bounds.length());
  const double length = std::clamp(window.length() * factor, shortest, bounds.length());
  const double share = (anchor_ns - window.begin_ns) / window.length();
  const double begin = anchor_ns - share * length;
  return clamped({begin, begin + length}, bounds);
}

TimeWindow panned(TimeWindow window, double delta_ns, TimeWindow bounds) {
  return clamped({window.begin_ns + delta_ns, window.end_ns + delta_ns}, bounds);
}

std::vector<int64_t> rulerTicks(TimeWindow window, double width, double gap) {
  if (width <= 0 || window.length() <= 0) return {};
  const double smallest = std::max(1.0, window.length() * gap / width);
  const double decade = std::pow(10.0, std::floor(std::log10(smallest)));
  double step = decade * 10;
  for (const double multiple : {1.0, 2.0, 5.0}) {
    if (decade * multiple >= smallest) {
      step = decade * multiple;
      break;
    }
  }
  std::vector<int64_t> ticks;
  for (double tick = std::ceil(window.begin_ns / step) * step; tick <= window.end_ns; tick += step)
    ticks.push_back(std::llround(tick));
  return ticks;
}

}  // namespace xkv::views
