// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the maps, cells, colour bar and card of the CKA panel lie.
#pragma once

#include <QRect>
#include <QSize>
#include <optional>
#include <vector>

namespace xkv::views {

struct HeatmapCell {
  int map = 0;  ///< index of the map
  int row = 0;
  int column = 0;
  friend bool operator==(const HeatmapCell&, const HeatmapCell&) = default;
};

/// The square part of every map that is shown.
struct HeatmapWindow {
  int row = 0;
  int column = 0;
  int layers = 0;  ///< along each side; 0 = all of them
  friend bool operator==(const HeatmapWindow&, const HeatmapWindow&) = default;
};

/// Plain geometry in pixels. Cells are square: clamp(space / layers, 4, 48 design px), larger when
/// a part of the map is shown. Where all layers do not fit at 4 px, a part is.
class HeatmapLayout {
 public:
  HeatmapLayout() = default;
  /// `scale` multiplies every design size.
  HeatmapLayout(QSize size, int num_layers, int num_maps, double scale, HeatmapWindow window = {});

  /// The part that is really shown, `layers` at least 1.
  const HeatmapWindow& window() const { return window_; }
  bool showsRow(int row) const { return row >= window_.row && row < window_.row + window_.layers; }
  bool showsColumn(int column) const {
    return column >= window_.column && column < window_.column + window_.layers;
  }
  /// The part after `steps` of zooming in (negative: out) that keeps the cell under the point
  /// there.
  HeatmapWindow zoomedAt(QPoint point, int steps) const;
  HeatmapWindow panned(int rows, int columns) const;

  int cellSize() const { return cell_; }
  int numMaps() const { return static_cast<int>(maps_.size()); }
  const QRect& map(int index) const { return maps_[static_cast<size_t>(index)]; }
  QRect cell(const HeatmapCell& cell) const;
  /// Rows first..first+count of the diagonal.
  QRect block(int map, int first, int count) const;
  const QRect& colourBar() const { return colour_bar_; }
  /// The handle that stands at a share (0 = bottom) of the colour bar.
  QRect colourHandle(double share) const;
  double colourShareAt(int y) const;
  /// None where the room is too narrow; the tooltip has it all.
  const std::optional<QRect>& card() const { return card_; }

  std::optional<HeatmapCell> cellAt(QPoint point) const;
  /// Border between shown layers (1..num_layers-1) whose grip, left of a map, holds the point.
  std::optional<int> gripAt(QPoint point, const std::vector<int>& borders) const;
  QRect grip(int map, int border) const;
  /// The border that a grip dragged to y would be at, 1..num_layers-1.
  int borderAt(int y) const;
  /// Layers between two labels: 1 from 14 px cells on, else 4, else more, so that labels never
  /// touch.
  int labelStep() const;
  /// Whether the cells of a whole map are as large as they get.
  bool hasLargestCells() const { return largest_cells_; }
  bool hasNumbers() const;

 private:
  int scaled(int design_px) const;
  int takeRoom(int room);
  HeatmapWindow placed(HeatmapWindow window) const;

  int num_layers_ = 0;
  HeatmapWindow window_;
  int cell_ = 0;
  double scale_ = 1;
  bool largest_cells_ = false;
  std::vector<QRect> maps_;
  QRect colour_bar_;
  std::optional<QRect> card_;
};

}  // namespace xkv::views
