// SPDX-License-Identifier: GPL-3.0-or-later
/// Error against bytes, one line per group size.
#include "views/trade_off_plot.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "views/badge.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr PlotMargins kMargins{.left = 44, .top = 6, .right = 8, .bottom = 36};
constexpr double kKib = 1024;
constexpr int kDotRoom = 22;   // px around a dot and its badge without a line's name
constexpr double kCatch = 10;  // px within which a click takes a point
constexpr double kLeast = 1.0 / 20,
                 kMost = 1.0 / 2.5;  // of the dense bytes: where ratios are of interest

Qt::PenStyle styleOf(size_t index) {
  constexpr Qt::PenStyle kStyles[] = {Qt::DotLine, Qt::DashLine, Qt::DashDotLine,
                                      Qt::DashDotDotLine};
  return kStyles[index % 4];
}

using Ticks = QList<std::pair<double, QString>>;

/// Percentages at 1, 2, 5 times powers of ten.
Ticks percentTicks(double low, double high) {
  Ticks ticks;
  for (double power = 1e-4; power < 1; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * power;
      if (value < low || value > high) continue;
      ticks.append({value, significant(100 * value, 1) + QStringLiteral(" %")});
    }
  }
  return ticks;
}

/// Bytes at powers of two, said in KiB.
Ticks kibTicks(double low, double high) {
  Ticks ticks;
  for (double kib = 1.0 / kKib; kib < 1e12; kib *= 2) {
    if (kib * kKib >= low && kib * kKib <= high) ticks.append({kib * kKib, fixed(kib, 0)});
  }
  // At most five labels fit under a narrow plot.
  while (ticks.size() > 5) {
    for (qsizetype i = ticks.size() - 1; i >= 0; i -= 2) ticks.removeAt(i);
  }
  return ticks;
}

/// From a run's dot to the top left of its badge: A above, B below, so that close runs keep theirs
/// apart.
QPointF badgeOffset(Badge badge) {
  return badge == Badge::a ? QPointF(-px(8), -px(22)) : QPointF(px(7), px(3));
}

}  // namespace

TradeOffPlot::TradeOffPlot(QWidget* parent) : Plot(parent, kMargins) {
  setAccessibleName(QStringLiteral("Error against bytes"));
  setAxisTitles(QStringLiteral("cache KiB (log)"), QString());
  xAxis->setScaleType(QCPAxis::stLogarithmic);
  yAxis->setScaleType(QCPAxis::stLogarithmic);
  paintOver([this](QCPPainter& painter) {
    painter.setAntialiasing(true);
    paintLabels(painter);
    paintDots(painter);
  });
  connect(this, &Plot::themeChanged, this, &TradeOffPlot::restyleLines);
  connect(this, &QCustomPlot::mousePress, this,
          [this](QMouseEvent* event) { choose(event->position()); });
}

void TradeOffPlot::setLines(std::vector<TradeOffLine> lines, double dense_bytes) {
  lines_ = std::move(lines);
  clearGraphs();
  const double low = std::max(1.0, dense_bytes * kLeast);
  const double high = std::max(2.0, dense_bytes * kMost);
  double smallest = 0.5;
  double largest = 0.02;
  for (const TradeOffLine& line : lines_) {
    QCPGraph* graph = addGraph();
    QVector<QCPGraphData> points;
    for (const CurvePoint& point : line.points) {
      const auto bytes = static_cast<double>(point.factor_bytes);
      points.append(QCPGraphData(bytes, std::max(point.error, 1e-6)));
      if (bytes < low || bytes > high || point.error <= 0) continue;
      smallest = std::min(smallest, point.error);
      largest = std::max(largest, point.error);
    }
    graph->data()->set(points, true);
  }
  xAxis->setRange(low, high);
  yAxis->setRange(std::max(smallest * 0.85, largest / 200), std::min(1.0, largest * 1.3));
  setTicks(xAxis, kibTicks(low, high));
  setTicks(yAxis, percentTicks(yAxis->range().lower, yAxis->range().upper));
  restyleLines();
}

void TradeOffPlot::setDots(std::optional<TradeOffDot> what_if, std::optional<TradeOffDot> run_a,
                           std::optional<TradeOffDot> run_b) {
  what_if_ = what_if;
  run_a_ = run_a;
  run_b_ = run_b;
  replot(rpQueuedReplot);
}

void TradeOffPlot::restyleLines() {
  size_t other = 0;
  for (int i = 0; i < graphCount(); ++i) {
    const bool chosen = lines_[static_cast<size_t>(i)].chosen;
    graph(i)->setPen(chosen ? linePen(roles().text, 2)
                            : linePen(roles().text2, 1.5, styleOf(other)));
    if (!chosen) ++other;
  }
  replot(rpQueuedReplot);
}

std::optional<QPointF> TradeOffPlot::placeOf(const std::optional<TradeOffDot>& dot) const {
  if (!dot || dot->bytes <= 0 || dot->error <= 0) return std::nullopt;
  const QPointF point = pixelOf(dot->bytes, dot->error);
  return axisRect()->rect().contains(point.toPoint()) ? std::optional(point) : std::nullopt;
}

/// Where a line's name stands: on the line, each a little further right than the last, off the
/// dots.
std::optional<QPointF> TradeOffPlot::labelOf(size_t line, const QList<QPointF>& taken) const {
  const QRect area = axisRect()->rect().adjusted(px(14), 0, -px(24), 0);
  const auto step = static_cast<double>(area.width()) / static_cast<double>(lines_.size() + 1);
  const double from = area.left() + step * static_cast<double>(line);
  for (const CurvePoint& p : lines_[line].points) {
    if (p.error <= 0) continue;
    const QPointF point = pixelOf(static_cast<double>(p.factor_bytes), p.error);
    if (point.x() < from || !area.contains(point.toPoint())) continue;
    const bool free = std::none_of(taken.begin(), taken.end(), [&](const QPointF& other) {
      return QLineF(other, point).length() < px(kDotRoom);
    });
    if (free) return point;
  }
  return std::nullopt;
}

void TradeOffPlot::paintLabels(QCPPainter& painter) const {
  QList<QPointF> taken;
  const auto take = [&](const std::optional<TradeOffDot>& dot, QPointF badge) {
    if (const auto place = placeOf(dot)) taken << *place << *place + badge;
  };
  const QPointF half_badge(badgeSize().width() / 2.0, badgeSize().height() / 2.0);
  take(what_if_, {});
  take(run_a_, badgeOffset(Badge::a) + half_badge);
  take(run_b_, badgeOffset(Badge::b) + half_badge);
  // The chosen line's name has the first pick.
  std::vector<size_t> order(lines_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_partition(order.begin(), order.end(), [this](size_t i) { return lines_[i].chosen; });
  for (const size_t i : order) {
    const auto point = labelOf(i, taken);
    if (!point) continue;
    taken.append(*point);
    painter.setFont(textFont(11, lines_[i].chosen ? QFont::Bold : QFont::Normal));
    const QString name = lines_[i].group_size == 0
                             ? QStringLiteral("custom")
                             : QStringLiteral("G %1").arg(lines_[i].group_size);
    const double width = painter.fontMetrics().horizontalAdvance(name) + px(4);
    const QRectF label(point->x() - width / 2, point->y() - px(7), width, px(14));
    painter.fillRect(label, roles().panel);
    painter.setPen(lines_[i].chosen ? roles().text : roles().text2);
    painter.drawText(label, Qt::AlignCenter, name);
  }
}

void TradeOffPlot::paintDots(QCPPainter& painter) const {
  const QRectF area = axisRect()->rect();
  const auto badge = [&](const std::optional<TradeOffDot>& dot, Badge which) {
    const auto point = placeOf(dot);
    if (!point) return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(badgeColour(which));
    painter.drawEllipse(*point, 4 * themeScale(), 4 * themeScale());
    QPointF corner = *point + badgeOffset(which);
    corner.setX(std::clamp(corner.x(), area.left() + 1, area.right() - badgeSize().width()));
    corner.setY(std::clamp(corner.y(), area.top() + 1, area.bottom() - badgeSize().height()));
    paintBadge(painter, corner, which);
  };
  badge(run_a_, Badge::a);
  badge(run_b_, Badge::b);
  if (const auto point = placeOf(what_if_)) {
    painter.setPen(QPen(roles().accent, 2.5 * themeScale()));
    painter.setBrush(roles().panel);
    painter.drawEllipse(*point, 5 * themeScale(), 5 * themeScale());
  }
}

void TradeOffPlot::choose(QPointF point) {
  double nearest = kCatch;
  const TradeOffLine* line = nullptr;
  Ranks ranks;
  for (const TradeOffLine& candidate : lines_) {
    for (const CurvePoint& p : candidate.points) {
      if (p.error <= 0) continue;
      const double distance =
          QLineF(pixelOf(static_cast<double>(p.factor_bytes), p.error), point).length();
      if (distance >= nearest) continue;
      nearest = distance;
      line = &candidate;
      ranks = p.ranks;
    }
  }
  if (line != nullptr) Q_EMIT configurationChosen(line->group_size, ranks);
}

}  // namespace xkv::views
