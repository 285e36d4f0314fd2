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
constexpr int kLargestCell = 48;
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

}  // namespace

HeatmapLayout::HeatmapLayout(QSize size, int num_layers, int num_maps, double scale)
    : num_layers_(num_layers), scale_(scale) {
  if (num_layers < 1 || num_maps < 1) return;
  const int high = (size.height() - scaled(kHead + kFoot)) / num_layers;
  const int bar = scaled(kBarGap + kBarWidth + kBarLabels);
  const int gutters = num_maps * scaled(kGutter) + (num_maps - 1) * scaled(kBetweenMaps);
  const auto cellFor = [&](int beside) {
    return (size.width() - beside - gutters) / (num_maps * num_layers);
  };
  const int card = scaled(kCardGap + kCardWidth + kCardPadding);
  // The card goes where it would make the maps smaller than their height allows and unreadable.
  const bool with_card = cellFor(bar + card) >= std::min(high, scaled(kNumbersFrom));
  cell_ =
      std::clamp(std::min(high, cellFor(bar + (with_card ? card : 0))), 1, scaled(kLargestCell));

  const int side = cell_ * num_layers;
  int x = scaled(kGutter);
  for (int i = 0; i < num_maps; ++i) {
    maps_.emplace_back(x, scaled(kHead), side, side);
    x += side + scaled(kBetweenMaps + kGutter);
  }
  const QRect& last = maps_.back();
  colour_bar_ = {last.x() + side + scaled(kBarGap), scaled(kHead), scaled(kBarWidth), side};
  if (with_card) {
    const int left = colour_bar_.x() + colour_bar_.width() + scaled(kBarLabels + kCardGap);
    card_ = QRect(left, scaled(kHead) - scaled(12), scaled(kCardWidth),
                  size.height() - scaled(kHead - 12 + kFoot));
  }
}

int HeatmapLayout::scaled(int design_px) const {
  return static_cast<int>(std::lround(design_px * scale_));
}

QRect HeatmapLayout::cell(const HeatmapCell& cell) const {
  const QRect& area = map(cell.map);
  return {area.x() + cell.column * cell_, area.y() + cell.row * cell_, cell_, cell_};
}

QRect HeatmapLayout::block(int map_index, int first, int count) const {
  const QRect& area = map(map_index);
  return {area.x() + first * cell_, area.y() + first * cell_, count * cell_, count * cell_};
}

std::optional<HeatmapCell> HeatmapLayout::cellAt(QPoint point) const {
  for (int i = 0; i < numMaps(); ++i) {
    if (!map(i).contains(point)) continue;
    return HeatmapCell{i, (point.y() - map(i).y()) / cell_, (point.x() - map(i).x()) / cell_};
  }
  return std::nullopt;
}

QRect HeatmapLayout::grip(int map_index, int border) const {
  const QRect& area = map(map_index);
  const int middle = area.y() + border * cell_;
  return {area.x() - scaled(32), middle - scaled(kGripHeight) / 2, scaled(kGripWidth),
          scaled(kGripHeight)};
}

std::optional<int> HeatmapLayout::gripAt(QPoint point, const std::vector<int>& borders) const {
  for (int i = 0; i < numMaps(); ++i) {
    for (const int border : borders) {
      if (grip(i, border).adjusted(-2, -2, 2, 2).contains(point)) return border;
    }
  }
  return std::nullopt;
}

int HeatmapLayout::borderAt(int y) const {
  if (maps_.empty()) return 0;
  const double rows = static_cast<double>(y - maps_.front().y()) / cell_;
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
