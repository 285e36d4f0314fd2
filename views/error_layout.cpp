// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the bars, the token strip and the labels of the error panel lie.
#include "views/error_layout.h"

#include <algorithm>
#include <cmath>

namespace xkv::views {
namespace {

constexpr int kLeft = 56;
constexpr int kRight = 16;
constexpr int kLegendTop = 6;
constexpr int kLegendHeight = 20;
constexpr int kColumnLabels = 20;
constexpr int kLensHead = 20;
constexpr int kLensGap = 6;
constexpr int kStripLabels = 20;
constexpr int kFoot = 4;
constexpr int kBarWidth = 11;
constexpr int kRoomPerColumn = 6;  // bars of a column plus the gap to the next, in bars
constexpr int kStripShare = 40;  // percent of the panel below the legend, with its head and labels

}  // namespace

ErrorLayout::ErrorLayout(QSize size, ErrorParts parts, int num_columns, int num_layers,
                         double scale)
    : scale_(scale), num_columns_(num_columns), num_layers_(num_layers) {
  const int left = scaled(kLeft);
  const int width = std::max(1, size.width() - left - scaled(kRight));
  legend_ = {left, scaled(kLegendTop), width, scaled(kLegendHeight)};
  const int top = parts.bars ? legend_.bottom() + scaled(8) : scaled(kLegendTop);
  const int bottom = size.height() - scaled(kFoot);
  int chart_bottom = bottom;
  if (parts.strip) {
    const int lens_height = parts.bars ? (bottom - top) * kStripShare / 100 : bottom - top;
    const int lens_top = bottom - lens_height;
    lens_head_ = {left, lens_top, width, scaled(kLensHead)};
    const int strip_top = lens_top + scaled(kLensHead + kLensGap);
    const int strip_height = std::max(1, bottom - scaled(kStripLabels) - strip_top);
    // Rows of whole pixels: a layer is as high as every other.
    const int row = num_layers > 0 ? std::max(1, strip_height / num_layers) : strip_height;
    strip_ = {left, strip_top, width, row * std::max(1, num_layers)};
    chart_bottom = lens_top;
  }
  if (parts.bars)
    chart_ = {left, top, width, std::max(1, chart_bottom - scaled(kColumnLabels) - top)};
  const double room = num_columns > 0 ? static_cast<double>(width) / num_columns : 0;
  bar_width_ = std::min<double>(scaled(kBarWidth), room / kRoomPerColumn);
}

int ErrorLayout::scaled(int design_px) const {
  return static_cast<int>(std::lround(design_px * scale_));
}

QRect ErrorLayout::column(int index) const {
  const int from = chart_.x() + index * chart_.width() / num_columns_;
  const int to = chart_.x() + (index + 1) * chart_.width() / num_columns_;
  return {from, chart_.y(), to - from, chart_.height()};
}

QRectF ErrorLayout::bar(int column_index, int slot, int slots, double share) const {
  const QRect area = column(column_index);
  // Streams stand a little apart: half a bar between the first and the second half of the slots.
  const double gap = slots > 1 ? bar_width_ / 4 : 0;
  const double total = slots * bar_width_ + gap;
  double x = area.x() + (area.width() - total) / 2 + slot * bar_width_;
  if (slot >= slots / 2) x += gap;
  const double height = std::clamp(share, 0.0, 1.0) * chart_.height();
  return {x, chart_.y() + chart_.height() - height, bar_width_ - 1, height};
}

int ErrorLayout::labelStep() const {
  int step = 1;
  while (num_columns_ > 0 && step * chart_.width() / num_columns_ < scaled(24)) step *= 2;
  return step;
}

std::optional<int> ErrorLayout::columnAt(QPoint point) const {
  if (num_columns_ < 1 || !chart_.adjusted(0, 0, 0, scaled(kColumnLabels)).contains(point))
    return std::nullopt;
  return std::clamp((point.x() - chart_.x()) * num_columns_ / chart_.width(), 0, num_columns_ - 1);
}

std::pair<int64_t, int64_t> ErrorLayout::tokensAt(int x, int64_t seq_len) const {
  const int64_t column = std::clamp(x - strip_.x(), 0, strip_.width() - 1);
  const int64_t first = column * seq_len / strip_.width();
  const int64_t end = (column + 1) * seq_len / strip_.width();
  return {first, std::max(first + 1, end)};
}

double ErrorLayout::xOfToken(int64_t token, int64_t seq_len) const {
  return strip_.x() + (static_cast<double>(token) + 0.5) * strip_.width() /
                          static_cast<double>(std::max<int64_t>(1, seq_len));
}

std::optional<int> ErrorLayout::stripLayerAt(QPoint point) const {
  if (num_layers_ < 1 || !strip_.contains(point)) return std::nullopt;
  return std::clamp((point.y() - strip_.y()) * num_layers_ / strip_.height(), 0, num_layers_ - 1);
}

QRect ErrorLayout::stripRow(int layer) const {
  const int row = strip_.height() / std::max(1, num_layers_);
  return {strip_.x(), strip_.y() + layer * row, strip_.width(), row};
}

RoundScale roundScale(double largest) {
  if (!(largest > 0)) return {};
  const double power = std::pow(10.0, std::floor(std::log10(largest)));
  for (const double step : {0.2, 0.25, 0.5, 1.0, 2.0, 2.5}) {
    const double ticks = std::ceil(largest / (step * power) - 1e-9);
    if (ticks <= 5) return {ticks * step * power, step * power};
  }
  return {10 * power, 2.5 * power};
}

}  // namespace xkv::views
