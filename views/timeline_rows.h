// SPDX-License-Identifier: GPL-3.0-or-later
/// Heights and places of the timeline's rows in both of its sizes.
#pragma once

#include <QRect>
#include <QString>
#include <vector>

#include "views/timeline_layout.h"

namespace xkv::views {

enum class RowKind { track, layers_head, counter, gpu };

struct TimelineRow {
  RowKind kind = RowKind::track;
  int track = -1;  ///< index in the layout's tracks
  int y = 0;       ///< from the top of the widget, before scrolling
  int height = 0;
  bool pinned = false;
  QString name;    ///< "layer 3"
  QString beside;  ///< "g0": grey, at the right of the label column
};

/// All in pixels of the screen's scale.
struct TimelineGeometry {
  QRect minimap;  ///< empty in the compact size
  QRect ruler;    ///< empty in the compact size
  int plot_left = 0;
  int plot_width = 1;
  int scroll_top = 0;      ///< rows below this line scroll
  int content_height = 0;  ///< of everything, scrolled or not
  std::vector<TimelineRow> rows;
};

/// `with_gpu_row`: a row that says why there are no GPU rows (full size only).
TimelineGeometry timelineGeometry(const TimelineLayout& layout, TrackSet track_set, QSize size,
                                  bool with_gpu_row);

}  // namespace xkv::views
