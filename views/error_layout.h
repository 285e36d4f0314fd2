// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the bars, the token strip and the labels of the error panel lie.
#pragma once

#include <QRect>
#include <QSize>
#include <optional>

namespace xkv::views {

struct ErrorParts {
  bool bars = true;
  bool strip = true;
};

/// Plain geometry in pixels. Bars are 11 design px wide, less where the columns are narrow; below 3
/// px they give way to step lines.
class ErrorLayout {
 public:
  ErrorLayout() = default;
  ErrorLayout(QSize size, ErrorParts parts, int num_columns, int num_layers, double scale);

  const QRect& legend() const { return legend_; }
  const QRect& chart() const { return chart_; }  ///< the bars' axis rect; empty where there is none
  const QRect& lensHead() const { return lens_head_; }
  const QRect& strip() const { return strip_; }  ///< the token lens; empty where there is none
  QRect column(int index) const;
  /// One bar of a column: `slot` 0..slots-1 from the left, `share` of the chart's height.
  QRectF bar(int column, int slot, int slots, double share) const;
  bool hasBars() const { return bar_width_ >= 3; }
  int labelStep() const;

  std::optional<int> columnAt(QPoint point) const;
  /// First of the tokens under a pixel of the strip, and the one after its last.
  std::pair<int64_t, int64_t> tokensAt(int x, int64_t seq_len) const;
  double xOfToken(int64_t token, int64_t seq_len) const;
  std::optional<int> stripLayerAt(QPoint point) const;
  QRect stripRow(int layer) const;

 private:
  int scaled(int design_px) const;

  double scale_ = 1;
  int num_columns_ = 0;
  int num_layers_ = 0;
  double bar_width_ = 0;
  QRect legend_, chart_, lens_head_, strip_;
};

/// A round number at or above the largest value, and the step of its ticks (at most five).
struct RoundScale {
  double top = 1;
  double step = 0.25;
};
RoundScale roundScale(double largest);

}  // namespace xkv::views
