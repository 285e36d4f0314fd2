// SPDX-License-Identifier: GPL-3.0-or-later
/// Error against bytes, one line per group size.
#include "views/trade_off_plot.h"

#include <algorithm>
#include <cmath>

#include "views/badge.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr PlotMargins kMargins{.left = 44, .top = 6, .right = 8, .bottom = 36};
constexpr double kKib = 1024;
constexpr double kCatch = 10;   // px within which a click takes a point
constexpr double kLeast = 1.0 / 20, kMost = 1.0 / 2.5;  // of the dense bytes: where ratios are of interest

Qt::PenStyle styleOf(size_t index) {
  constexpr Qt::PenStyle kStyles[] = {Qt::DotLine, Qt::DashLine, Qt::DashDotLine, Qt::DashDotDotLine};
  return kStyles[index % 4];
}

/// Marks at 1, 2, 5 times powers of ten inside a range.
QList<std::pair<double, QString>> roundTicks(double low, double high, double unit, const QString& suffix) {
  QList<std::pair<double, QString>> ticks;
  for (double power = 1e-6; power < 1e12; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * power * unit;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.append({value, significant(factor * power, 1) + suffix});
    }
  }
  return ticks;
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
  connect(this, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) { choose(event->position()); });
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
  setTicks(xAxis, roundTicks(low, high, kKib, QString()));
  setTicks(yAxis, roundTicks(yAxis->range().lower, yAxis->range().upper, 0.01, QStringLiteral(" %")));
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
    graph(i)->setPen(chosen ? linePen(roles().text, 2) : linePen(roles().text2, 1.5, styleOf(other)));
    if (!chosen) ++other;
  }
  replot(rpQueuedReplot);
}

/// Each line's name where it leaves the picture: near its left end, one a little further than the last.
void TradeOffPlot::paintLabels(QCPPainter& painter) const {
  const QRect area = axisRect()->rect();
  const auto count_of = static_cast<double>(std::max<size_t>(1, lines_.size()));
  for (size_t i = 0; i < lines_.size(); ++i) {
    const double x = area.left() + area.width() * (0.14 + 0.72 * static_cast<double>(i) / count_of);
    const auto& points = lines_[i].points;
    const auto at = std::find_if(points.begin(), points.end(), [&](const CurvePoint& p) {
      return xAxis->coordToPixel(static_cast<double>(p.factor_bytes)) >= x;
    });
    if (at == points.end() || at->error <= 0) continue;
    const QPointF point = pixelOf(static_cast<double>(at->factor_bytes), at->error);
    if (!area.adjusted(0, 0, -px(24), 0).contains(point.toPoint())) continue;
    painter.setFont(textFont(11, lines_[i].chosen ? QFont::Bold : QFont::Normal));
    const QString name = QStringLiteral("G %1").arg(lines_[i].group_size);
    const QRectF label(point.x() - px(13), point.y() - px(8), px(26), px(15));
    painter.fillRect(label, roles().panel);
    painter.setPen(lines_[i].chosen ? roles().text : roles().text2);
    painter.drawText(label, Qt::AlignCenter, name);
  }
}

void TradeOffPlot::paintDots(QCPPainter& painter) const {
  const QRectF area = axisRect()->rect();
  const auto place = [&](const std::optional<TradeOffDot>& dot) -> std::optional<QPointF> {
    if (!dot || dot->bytes <= 0 || dot->error <= 0) return std::nullopt;
    const QPointF point = pixelOf(dot->bytes, dot->error);
    return area.contains(point) ? std::optional(point) : std::nullopt;
  };
  const auto badge = [&](const std::optional<TradeOffDot>& dot, Badge which, QPointF offset) {
    const auto point = place(dot);
    if (!point) return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(badgeColour(which));
    painter.drawEllipse(*point, 4 * themeScale(), 4 * themeScale());
    QPointF corner = *point + offset;
    corner.setX(std::clamp(corner.x(), area.left() + 1, area.right() - badgeSize().width()));
    corner.setY(std::clamp(corner.y(), area.top() + 1, area.bottom() - badgeSize().height()));
    paintBadge(painter, corner, which);
  };
  badge(run_a_, Badge::a, QPointF(-px(8), -px(22)));
  badge(run_b_, Badge::b, QPointF(px(7), px(3)));
  if (const auto point = place(what_if_)) {
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
      const double distance = QLineF(pixelOf(static_cast<double>(p.factor_bytes), p.error), point).length();
      if (distance >= nearest) continue;
      nearest = distance;
      line = &candidate;
      ranks = p.ranks;
    }
  }
  if (line != nullptr) Q_EMIT configurationChosen(line->group_size, ranks);
}

}  // namespace xkv::views
