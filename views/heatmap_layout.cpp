// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the maps, cells, colour bar and card of the CKA panel lie.
#include "views/heatmap_layout.h"

#include <algorithm>
#include <cmath>

namespace xkv::views {
namespace {

constexpr int kGutter = 42;  // bracket, group name and row labels
constexpr int kHead = 42;    // stream name and column labels
constexpr int kFoot = 4;
constexpr int kBetweenMaps = 14;  // besides the second map's gutter
constexpr int kSmallestCell = 4;
constexpr int kLargestCell = 48;
constexpr int kFewestLayers = 2;  // that zooming leaves
constexpr double kZoomStep = 0.8;
constexpr int kNumbersFrom = 28;
constexpr int kLabelsFrom = 14;
constexpr int kBarGap = 60;  // to the last map; the histogram stands in it
constexpr int kBarWidth = 16;
constexpr int kBarLabels = 40;
constexpr int kCardWidth = 214;
constexpr int kCardGap = 12;
constexpr int kCardPadding = 12;
constexpr int kGripWidth = 14;
constexpr int kGripHeight = 10;
constexpr int kCardFrom = 1000;  // a narrower panel has no card, nor has a lower one
constexpr int kCardHeight = 200;
constexpr int kHandleWidth = 24;
constexpr int kHandleHeight = 8;

}  // namespace

HeatmapLayout::HeatmapLayout(QSize size, int num_layers, int num_maps, double scale,
                             HeatmapWindow window)
    : num_layers_(num_layers), window_(window), scale_(scale) {
  if (num_layers < 1 || num_maps < 1) return;
  const int high = size.height() - scaled(kHead + kFoot);
  const int bar = scaled(kBarGap + kBarWidth + kBarLabels);
  const int gutters = num_maps * scaled(kGutter) + (num_maps - 1) * scaled(kBetweenMaps);
  const auto wide = [&](int beside) { return (size.width() - beside - gutters) / num_maps; };
  const int card = scaled(kCardGap + kCardWidth + kCardPadding);
  // The card goes where it would make the maps smaller than their height allows and unreadable.
  const bool with_card =
      size.width() >= scaled(kCardFrom) && size.height() >= scaled(kCardHeight) &&
      wide(bar + card) / num_layers >= std::min(high / num_layers, scaled(kNumbersFrom));
  const int room = std::max(1, std::min(high, wide(bar + (with_card ? card : 0))));
  const int side = takeRoom(room);

  int x = scaled(kGutter);
  for (int i = 0; i < num_maps; ++i) {
    maps_.emplace_back(x, scaled(kHead), cell_ * window_.layers, cell_ * window_.layers);
    x += side + scaled(kBetweenMaps + kGutter);
  }
  colour_bar_ = {maps_.back().x() + side + scaled(kBarGap), scaled(kHead), scaled(kBarWidth), side};
  if (with_card) {
    const int left = colour_bar_.x() + colour_bar_.width() + scaled(kBarLabels + kCardGap);
    card_ = QRect(left, scaled(kHead) - scaled(12), scaled(kCardWidth),
                  size.height() - scaled(kHead - 12 + kFoot));
  }
}

/// Sets cell and window; returns the side that a whole map has, or would have.
int HeatmapLayout::takeRoom(int room) {
  cell_ =
      std::clamp(room / num_layers_, std::min(room, scaled(kSmallestCell)), scaled(kLargestCell));
  largest_cells_ = cell_ == scaled(kLargestCell);
  const int all = std::min(num_layers_, room / cell_);
  const int side = cell_ * all;
  if (window_.layers < 1 || window_.layers >= all) {
    window_.layers = all;
  } else {
    cell_ = side / window_.layers;
  }
  window_ = placed(window_);
  return side;
}

HeatmapWindow HeatmapLayout::placed(HeatmapWindow window) const {
  window.row = std::clamp(window.row, 0, num_layers_ - window.layers);
  window.column = std::clamp(window.column, 0, num_layers_ - window.layers);
  return window;
}

HeatmapWindow HeatmapLayout::zoomedAt(QPoint point, int steps) const {
  const int before = window_.layers;
  int layers = static_cast<int>(std::lround(before * std::pow(kZoomStep, steps)));
  if (layers == before) layers -= steps > 0 ? 1 : -1;
  const auto cell = cellAt(point);
  if (!cell) return window_;
  HeatmapWindow zoomed = window_;
  zoomed.layers = std::clamp(layers, std::min(kFewestLayers, before), num_layers_);
  zoomed.row = cell->row - (cell->row - window_.row) * zoomed.layers / before;
  zoomed.column = cell->column - (cell->column - window_.column) * zoomed.layers / before;
  return placed(zoomed);
}

HeatmapWindow HeatmapLayout::panned(int rows, int columns) const {
  HeatmapWindow moved = window_;
  moved.row += rows;
  moved.column += columns;
  return placed(moved);
}

QRect HeatmapLayout::colourHandle(double share) const {
  const double y = colour_bar_.bottom() + 1 - share * colour_bar_.height();
  return {colour_bar_.center().x() + 1 - scaled(kHandleWidth) / 2,
          static_cast<int>(std::lround(y)) - scaled(kHandleHeight) / 2, scaled(kHandleWidth),
          scaled(kHandleHeight)};
}

double HeatmapLayout::colourShareAt(int y) const {
  return std::clamp((colour_bar_.bottom() + 1 - y) / std::max(1.0, double(colour_bar_.height())),
                    0.0, 1.0);
}

int HeatmapLayout::scaled(int design_px) const {
  return static_cast<int>(std::lround(design_px * scale_));
}

QRect HeatmapLayout::cell(const HeatmapCell& cell) const {
  const QRect& area = map(cell.map);
  return {area.x() + (cell.column - window_.column) * cell_,
          area.y() + (cell.row - window_.row) * cell_, cell_, cell_};
}

QRect HeatmapLayout::block(int map_index, int first, int count) const {
  const QRect corner = cell({map_index, first, first});
  return {corner.x(), corner.y(), count * cell_, count * cell_};
}

std::optional<HeatmapCell> HeatmapLayout::cellAt(QPoint point) const {
  for (int i = 0; i < numMaps(); ++i) {
    if (!map(i).contains(point)) continue;
    return HeatmapCell{i, window_.row + (point.y() - map(i).y()) / cell_,
                       window_.column + (point.x() - map(i).x()) / cell_};
  }
  return std::nullopt;
}

QRect HeatmapLayout::grip(int map_index, int border) const {
  const QRect& area = map(map_index);
  const int middle = area.y() + (border - window_.row) * cell_;
  return {area.x() - scaled(32), middle - scaled(kGripHeight) / 2, scaled(kGripWidth),
          scaled(kGripHeight)};
}

std::optional<int> HeatmapLayout::gripAt(QPoint point, const std::vector<int>& borders) const {
  for (int i = 0; i < numMaps(); ++i) {
    for (const int border : borders) {
      if (showsRow(border) && grip(i, border).adjusted(-2, -2, 2, 2).contains(point)) return border;
    }
  }
  return std::nullopt;
}

int HeatmapLayout::borderAt(int y) const {
  if (maps_.empty()) return 0;
  const double rows = window_.row + static_cast<double>(y - maps_.front().y()) / cell_;
  return std::clamp(static_cast<int>(std::lround(rows)), 1, std::max(1, num_layers_ - 1));
}

int HeatmapLayout::labelStep() const {
  int step = 1;
  if (cell_ < scaled(kLabelsFrom)) step = 4;
  while (step * cell_ < scaled(kLabelsFrom)) step *= 2;
  return step;
}

bool HeatmapLayout::hasNumbers() const { return cell_ >= scaled(kNumbersFrom); }

}  // namespace xkv::views
