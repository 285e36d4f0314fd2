// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws a timeline: rows, ruler, minimap, range.
#pragma once

#include <QPainter>
#include <QString>
#include <optional>

#include "views/selection.h"
#include "views/timeline_layout.h"
#include "views/timeline_rows.h"
#include "views/tooltip.h"

namespace xkv::views {

/// All that one paint shows.
struct TimelineScene {
  const TimelineLayout& layout;
  const TimelineGeometry& geometry;
  TrackSet track_set = TrackSet::full;
  TimeWindow window;
  int scroll = 0;  ///< pixels that the rows below the pinned ones have moved up
  QSize size;
  double pixel_ratio = 1;
  QString gpu_sentence;  ///< why there are no GPU rows
  std::optional<TimeRange> range;
  int32_t selected = -1;

  double x(double time_ns) const {
    return geometry.plot_left + window.pixelOf(time_ns, geometry.plot_width);
  }
  /// Where a row is after scrolling.
  int top(const TimelineRow& row) const;
};

QColor colourOf(SpanRole role);

/// Rows and ruler: what changes with data, window and size.
void paintTimeline(QPainter& painter, const TimelineScene& scene);
/// All spans in the minimap, which change with data and size only; (0, 0) is its top left.
void paintMinimapSpans(QPainter& painter, const TimelineScene& scene);
/// Label, veil and handles of the minimap over its spans.
void paintMinimapWindow(QPainter& painter, const TimelineScene& scene);
/// Range and selected frame: what changes with the mouse.
void paintTimelineOverlay(QPainter& painter, const TimelineScene& scene);
/// Where a drawn span lies, clipped to the view; empty if its row is not shown.
QRectF spanRect(const TimelineScene& scene, int32_t span);
TooltipText spanTooltip(const Span& span);

}  // namespace xkv::views
