// SPDX-License-Identifier: GPL-3.0-or-later
/// Cursors, flags, triangles and legend of the spectra panel.
#include <QPainterPath>

#include "views/plot.h"
#include "views/spectrum_view.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kFlagWidth = 48;
constexpr int kFlagHeight = 18;
constexpr int kFlagGap = 2;
constexpr int kLegendRow = 16;

void paintTriangle(QPainter& painter, QPointF tip, const QColor& colour) {
  QPainterPath path;
  path.addPolygon(QPolygonF({tip, tip + QPointF(-px(5), px(8)), tip + QPointF(px(5), px(8))}));
  painter.fillPath(path, colour);
}

struct LegendEntry {
  QPen pen;
  QString label;
  bool triangle = false;
  bool predicted = false;
};

QString groupName(const std::vector<PlannedGroup>& groups, size_t g) {
  const PlannedGroup& group = groups[g];
  const QString first = QString::number(group.first_layer);
  if (group.num_layers == 1) return QStringLiteral("g%1: %2").arg(g).arg(first);
  return QStringLiteral("g%1: %2–%3")
      .arg(g)
      .arg(first)
      .arg(group.first_layer + group.num_layers - 1);
}

void paintEntry(QCPPainter& painter, QPoint at, const LegendEntry& entry) {
  const int middle = at.y() + px(kLegendRow) / 2;
  if (entry.triangle) {
    paintTriangle(painter, QPointF(at.x() + px(8), middle - px(4)), entry.pen.color());
  } else {
    painter.setPen(entry.pen);
    painter.drawLine(QPointF(at.x(), middle), QPointF(at.x() + px(16), middle));
  }
  painter.setFont(textFont(11, QFont::Normal, entry.predicted));
  painter.setPen(roles().text2);
  painter.drawText(QRect(at.x() + px(22), at.y(), px(80), px(kLegendRow)), Qt::AlignVCenter,
                   entry.label);
}

}  // namespace

/// The smaller rank's flag stands left of its cursor, the other right of its own, so that they
/// never meet.
QRectF SpectrumView::flag(Stream stream) const {
  const QRect area = plot_->axisRect()->rect();
  const double width = px(kFlagWidth);
  const double top = area.top() - px(kFlagHeight) - px(kFlagGap);
  const auto cursor = [&](Stream s) {
    return plot_->xAxis->coordToPixel(static_cast<double>(rankOf(s)));
  };
  const Stream right_one = streamsOf(run_)[ranks_.rank_k > ranks_.rank_v ? 0 : 1];
  const double edge = plot_->width() - px(4) - width;
  const double right_x = std::clamp(cursor(right_one), px(4) + width + px(kFlagGap), edge);
  if (stream == right_one) return {right_x, top, width, static_cast<double>(px(kFlagHeight))};
  const double left_x = std::clamp(cursor(stream) - width, static_cast<double>(px(4)),
                                   right_x - width - px(kFlagGap));
  return {left_x, top, width, static_cast<double>(px(kFlagHeight))};
}

void SpectrumView::paintOverlay(QCPPainter& painter) const {
  if (curves_.empty()) return;
  painter.setAntialiasing(true);
  paintLegend(painter);
  for (const Stream stream : streamsOf(run_)) {
    if (rankOf(stream) > 0) paintCursor(painter, stream);
    if (!measured_) continue;
    const int64_t rank = rankIn(*measured_, stream);
    const double x = plot_->xAxis->coordToPixel(static_cast<double>(rank));
    const QRect area = plot_->axisRect()->rect();
    if (rank > 0 && x >= area.left() && x <= area.right()) {
      paintTriangle(painter, QPointF(x, area.bottom() - px(8)), streamColour(stream));
    }
  }
}

void SpectrumView::paintCursor(QCPPainter& painter, Stream stream) const {
  const QRect area = plot_->axisRect()->rect();
  const double x = plot_->xAxis->coordToPixel(static_cast<double>(rankOf(stream)));
  if (x < area.left() - 1 || x > area.right() + 1) return;  // zoomed away
  painter.setPen(Plot::linePen(streamColour(stream), 1.5, Qt::DashLine));
  painter.drawLine(QPointF(x, area.top() - px(kFlagGap)), QPointF(x, area.bottom()));
  for (const Curve& curve : curves_) {
    if (curve.stream != stream || curve.group != shownGroup()) continue;
    painter.setPen(QPen(streamColour(stream), 1.5 * themeScale()));
    painter.setBrush(roles().panel);
    painter.drawEllipse(pointOf(curve, rankOf(stream)), 4 * themeScale(), 4 * themeScale());
  }
  const QRectF box = flag(stream).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setPen(QPen(streamColour(stream), 1.5 * themeScale()));
  painter.setBrush(roles().panel);
  painter.drawRoundedRect(box, px(2), px(2));
  painter.setFont(textFont(12, QFont::Bold, true));
  painter.setPen(streamColour(stream));
  painter.drawText(box, Qt::AlignCenter,
                   QStringLiteral("%1 %2").arg(streamLetter(stream)).arg(rankOf(stream)));
}

/// In the corner where no curve runs: lower left, for rising curves lower right.
void SpectrumView::paintLegend(QCPPainter& painter) const {
  const QRect area = plot_->axisRect()->rect();
  if (area.width() < px(300) || area.height() < px(140)) return;  // the tooltip has it all
  const size_t shown = shownGroup();
  const size_t beside = shown + 1 < groups_.size() ? shown + 1 : shown - 1;
  const auto [first, second] = streamsOf(run_);
  std::vector<LegendEntry> left = {
      {Plot::linePen(streamColour(first), 2), streamName(first)},
      {Plot::linePen(roles().text, 2), groupName(groups_, shown)},
      {Plot::linePen(roles().text2, 1.5, Qt::DashLine), QStringLiteral("what-if"), false, true}};
  std::vector<LegendEntry> right = {{Plot::linePen(streamColour(second), 2), streamName(second)}};
  if (groups_.size() > 1)
    right.push_back({Plot::linePen(roles().text, 1.5, Qt::DotLine), groupName(groups_, beside)});
  if (measured_)
    right.push_back({QPen(roles().text2), QStringLiteral("run %1").arg(run_->run_id), true});
  const int height = px(kLegendRow) * 3 + px(12);
  const int width = px(180);
  const int x = mode() == kEnergy ? area.right() - width - px(8) : area.left() + px(8);
  const QRect box(x, area.bottom() - height - px(12), width, height);
  painter.setPen(QPen(roles().border, 1));
  painter.setBrush(roles().panel);
  painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4));
  for (int i = 0; i < static_cast<int>(left.size()); ++i) {
    paintEntry(painter, box.topLeft() + QPoint(px(8), px(6) + i * px(kLegendRow)),
               left[static_cast<size_t>(i)]);
  }
  for (int i = 0; i < static_cast<int>(right.size()); ++i) {
    paintEntry(painter, box.topLeft() + QPoint(px(94), px(6) + i * px(kLegendRow)),
               right[static_cast<size_t>(i)]);
  }
}

}  // namespace xkv::views
