// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws what the mouse changes on a timeline: the range with its flag and the selected span.
#include <algorithm>
#include <utility>

#include "views/number_format.h"
#include "views/theme.h"
#include "views/timeline_painter.h"

namespace xkv::views {
namespace {

QString flagText(const TimeRange& range) {
  const auto ms = [](int64_t ns) { return fixed(static_cast<double>(ns) / 1e6, 3); };
  return QStringLiteral("%1 – %2\u00A0ms   Δ %3\u00A0ms")
      .arg(ms(range.start_ns), ms(range.end_ns), ms(range.end_ns - range.start_ns));
}

void paintFlag(QPainter& painter, const TimelineScene& scene, double left, double right) {
  const QRect& ruler = scene.geometry.ruler;
  const QString text = flagText(*scene.range);
  painter.setFont(textFont(11, QFont::Medium));
  const double width =
      std::max<double>(right - left, painter.fontMetrics().horizontalAdvance(text) + px(16));
  const double most_left = scene.geometry.plot_left + scene.geometry.plot_width - width;
  const double x =
      std::clamp((left + right - width) / 2, static_cast<double>(scene.geometry.plot_left),
                 std::max(most_left, static_cast<double>(scene.geometry.plot_left)));
  const QRectF flag(x, ruler.top() + px(3), width, ruler.height() - px(7));
  painter.fillRect(flag, roles().tint);
  painter.setPen(QPen(roles().accent, px(1.5)));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(flag);
  painter.setPen(roles().text);
  painter.drawText(flag, Qt::AlignCenter, text);
}

void paintRange(QPainter& painter, const TimelineScene& scene) {
  const double first = scene.geometry.plot_left;
  const double last = first + scene.geometry.plot_width;
  const double start = scene.x(static_cast<double>(scene.range->start_ns));
  const double end = scene.x(static_cast<double>(scene.range->end_ns));
  const double left = std::clamp(start, first, last);
  const double right = std::clamp(end, first, last);
  const int top = scene.geometry.ruler.bottom() + 1;
  const auto& rows = scene.geometry.rows;
  const bool ends_with_gpu = !rows.empty() && rows.back().kind == RowKind::gpu;
  const int content =
      ends_with_gpu ? scene.top(rows.back()) : scene.geometry.content_height - scene.scroll;
  const int bottom = std::min(scene.size.height(), content);
  QColor wash = roles().accent;
  wash.setAlphaF(0.1F);
  painter.fillRect(QRectF(left, top, right - left, bottom - top), wash);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(roles().accent, 1.5 * themeScale()));
  for (const double edge : {start, end})
    if (edge >= first && edge <= last) painter.drawLine(QPointF(edge, top), QPointF(edge, bottom));
  painter.setRenderHint(QPainter::Antialiasing, false);
  if (scene.track_set == TrackSet::compact) return;
  if (right > left) paintFlag(painter, scene, left, right);
  const auto whole = [&](int64_t ns) {
    return first +
           scene.layout.bounds().pixelOf(static_cast<double>(ns), scene.geometry.plot_width);
  };
  const QRect& map = scene.geometry.minimap;
  wash.setAlphaF(0.25F);
  painter.fillRect(QRectF(whole(scene.range->start_ns), map.top() + px(3),
                          std::max(1.0, whole(scene.range->end_ns) - whole(scene.range->start_ns)),
                          map.height() - px(7)),
                   wash);
}

void paintSelected(QPainter& painter, const TimelineScene& scene) {
  const QRectF box = spanRect(scene, scene.selected);
  if (box.isEmpty()) return;
  painter.setPen(QPen(roles().text, px(2)));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(box.adjusted(0, 0, -1, -1));
}

}  // namespace

TooltipText spanTooltip(const Span& span) {
  TooltipText text;
  text.name = QString::fromStdString(spanName(span));
  text.lines.push_back(
      {{QStringLiteral("start"), timelinePosition(span.start_ns), false},
       {QStringLiteral("duration"), duration(span.end_ns - span.start_ns), false}});
  std::vector<TooltipPair> facts{{{}, QString::fromLatin1(nameOf(roleOf(span.kind))), false}};
  if (span.group >= 0)
    facts.push_back({QStringLiteral("group"), QString::number(span.group), false});
  if (span.step >= 0) facts.push_back({QStringLiteral("step"), QString::number(span.step), false});
  text.lines.push_back(std::move(facts));
  text.provenance = Provenance::measured;
  return text;
}

void paintTimelineOverlay(QPainter& painter, const TimelineScene& scene) {
  if (scene.range) paintRange(painter, scene);
  if (scene.selected >= 0) paintSelected(painter, scene);
}

}  // namespace xkv::views
