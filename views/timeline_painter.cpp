// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws the rows of a timeline, its ruler and its minimap.
#include "views/timeline_painter.h"

#include <QImage>
#include <QStringList>
#include <algorithm>
#include <array>
#include <cmath>

#include "views/colour_maps.h"
#include "views/icons.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {

using namespace Qt::StringLiterals;
namespace {

constexpr double kFaintest = 0.3;  // a column with anything in it can be seen
constexpr int kLabelLeft = 12;

/// Names of a span from the longest to the shortest.
QStringList labelsOf(const Span& span) {
  const QString name = QString::fromStdString(span.label.empty() ? spanName(span) : span.label);
  const QString took = duration(span.end_ns - span.start_ns);
  switch (span.kind) {
    case PhaseKind::decode_step:
      return {QString::number(span.step)};
    case PhaseKind::attention:
      return {QStringLiteral("attention"), QStringLiteral("attn")};
    case PhaseKind::projection:
      return {QStringLiteral("proj")};
    case PhaseKind::mlp:
      return {QStringLiteral("MLP")};
    case PhaseKind::gram:
      return {QStringLiteral("Gram")};
    case PhaseKind::factor:
      return {name, name.section(u',', 0, 0), name.section(u' ', 0, 0)};
    case PhaseKind::prefill:
    case PhaseKind::decode: {
      const QString phase =
          span.kind == PhaseKind::prefill ? QStringLiteral("prefill") : QStringLiteral("decode");
      const QString whole = span.label.empty() ? phase : phase + u' ' + name;
      return {whole + u' ' + took, phase + u' ' + took, phase};
    }
    default:
      return {name, name.section(u", "_s, -1)};
  }
}

void paintSpanLabel(QPainter& painter, const QRectF& box, const Span& span, const QColor& colour) {
  const QFontMetrics metrics(painter.font());
  for (const QString& label : labelsOf(span)) {
    if (metrics.horizontalAdvance(label) + px(8) > box.width()) continue;
    painter.setPen(textOn(colour.rgb()));
    painter.drawText(box.adjusted(px(4), 0, -px(4), 0), Qt::AlignVCenter | Qt::AlignLeft, label);
    return;
  }
}

/// Columns of one lane as one line of pixels, stretched to the height of the row.
void paintColumns(QPainter& painter, const LaneDrawing& lane, const QRectF& box) {
  std::array<QRgb, kNumSpanRoles> colours{};
  for (size_t role = 0; role < colours.size(); ++role)
    colours[role] = colourOf(static_cast<SpanRole>(role)).rgb();
  QImage line(static_cast<int>(lane.columns.size()), 1, QImage::Format_ARGB32_Premultiplied);
  auto* pixels = reinterpret_cast<QRgb*>(line.scanLine(0));
  for (size_t i = 0; i < lane.columns.size(); ++i) {
    const PixelColumn& column = lane.columns[i];
    if (column.longest < 0) {
      pixels[i] = 0;
      continue;
    }
    const QRgb colour = colours[static_cast<size_t>(column.colour)];
    const double opacity = kFaintest + (1 - kFaintest) * std::min(1.0, column.busy);
    const auto alpha = static_cast<int>(std::lround(255 * opacity));
    pixels[i] = qPremultiply(qRgba(qRed(colour), qGreen(colour), qBlue(colour), alpha));
  }
  painter.drawImage(box, line);
}

void paintTrack(QPainter& painter, const TimelineScene& scene, size_t track, const QRectF& box) {
  const TrackDrawing drawing = scene.layout.draw(track, scene.window, scene.geometry.plot_width);
  painter.setFont(textFont(11));
  const auto& lanes = scene.layout.tracks()[track].lanes;
  for (size_t i = 0; i < drawing.size(); ++i) {
    const LaneDrawing& lane = drawing[i];
    if (!lane.columns.empty()) paintColumns(painter, lane, box);
    for (const WideSpan& wide : lane.wide) {
      const Span& span = scene.layout.span(wide.span);
      const QColor colour = colourOf(roleOf(span.kind));
      const QRectF span_box(box.left() + wide.x, box.top(), std::max(1.0, wide.width - 1),
                            box.height());
      painter.fillRect(span_box, colour);
      const bool covered = i + 1 < lanes.size() && lanes[i + 1].touches(span.start_ns, span.end_ns);
      if (box.height() >= px(14) && !covered) paintSpanLabel(painter, span_box, span, colour);
    }
  }
}

QRectF spanBand(const TimelineScene& scene, const TimelineRow& row) {
  const double inset = row.height >= px(28) ? px(4) : px(2);
  return {static_cast<double>(scene.geometry.plot_left), scene.top(row) + inset,
          static_cast<double>(scene.geometry.plot_width), row.height - 2 * inset};
}

/// Lines and labels at round numbers of KiB, below the label of the peak.
void paintCounterScale(QPainter& painter, const TimelineScene& scene, double base, double height,
                       int64_t peak_bytes) {
  const double peak_kib = static_cast<double>(peak_bytes) / 1024;
  painter.setFont(textFont(11));
  for (const int64_t kib_value : rulerTicks({0, peak_kib}, height, px(26))) {
    const double y = base - static_cast<double>(kib_value) / peak_kib * height;
    if (kib_value == 0 || y < base - height + px(4)) continue;
    painter.fillRect(QRectF(scene.geometry.plot_left, std::round(y), scene.geometry.plot_width, 1),
                     roles().grid);
    painter.setPen(roles().text3);
    painter.drawText(QRectF(scene.geometry.plot_left + px(4), y - px(15), px(80), px(15)),
                     Qt::AlignVCenter, count(kib_value));
  }
}

/// Steps of the cache's size, one value a pixel: the largest that was held in it.
void paintCounter(QPainter& painter, const TimelineScene& scene, const TimelineRow& row) {
  const auto peak = scene.layout.cachePeak();
  if (!peak) return;
  const bool full = scene.track_set == TrackSet::full;
  const double base = scene.top(row) + row.height - (full ? px(8) : px(2));
  const double height = row.height - (full ? px(30) : px(4));
  const double scale = height / static_cast<double>(std::max<int64_t>(1, peak->cache_bytes));
  const double left = scene.geometry.plot_left;
  if (full) paintCounterScale(painter, scene, base, height, peak->cache_bytes);
  QPolygonF steps;
  for (int i = 0; i < scene.geometry.plot_width; ++i) {
    const double begin = scene.window.timeAt(i, scene.geometry.plot_width);
    const double end = scene.window.timeAt(i + 1, scene.geometry.plot_width);
    const auto bytes = scene.layout.largestCacheBytes(begin, end);
    const double y = base - (bytes ? static_cast<double>(*bytes) * scale : 0);
    if (!steps.isEmpty() && steps.back().y() != y) steps << QPointF(left + i, steps.back().y());
    steps << QPointF(left + i, y);
  }
  if (steps.isEmpty()) return;
  QPolygonF area = steps;
  area << QPointF(steps.back().x(), base) << QPointF(steps.front().x(), base);
  QColor wash = roles().accent;
  wash.setAlphaF(0.24F);
  painter.setPen(Qt::NoPen);
  painter.setBrush(wash);
  painter.drawPolygon(area);
  painter.setPen(QPen(roles().accent, px(1.5)));
  painter.setBrush(Qt::NoBrush);
  painter.drawPolyline(steps);
}

void paintPeak(QPainter& painter, const TimelineScene& scene, const TimelineRow& row) {
  const auto peak = scene.layout.cachePeak();
  if (!peak) return;
  const double x = scene.x(static_cast<double>(peak->time_ns));
  if (x < scene.geometry.plot_left || x > scene.geometry.plot_left + scene.geometry.plot_width)
    return;
  const double y = scene.top(row) + row.height - px(8) - (row.height - px(30));
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(roles().accent);
  painter.drawEllipse(QPointF(x, y), px(3), px(3));
  painter.setRenderHint(QPainter::Antialiasing, false);
  const QString text =
      QStringLiteral("peak %1 at %2")
          .arg(bytes(static_cast<double>(peak->cache_bytes)), duration(peak->time_ns));
  painter.setFont(textFont(11));
  painter.setPen(roles().text);
  const double width = painter.fontMetrics().horizontalAdvance(text);
  const double left =
      std::clamp(x - width / 2, static_cast<double>(scene.geometry.plot_left) + px(4),
                 scene.geometry.plot_left + scene.geometry.plot_width - width);
  painter.drawText(QRectF(left, scene.top(row) + px(2), width + 1, px(16)), Qt::AlignVCenter, text);
}

void paintGpuRow(QPainter& painter, const TimelineScene& scene, const TimelineRow& row) {
  const int top = scene.top(row);
  const QPixmap info = iconPixmap(QStringLiteral("info"), roles().text3, scene.pixel_ratio);
  painter.drawPixmap(scene.geometry.plot_left + px(4), top + (row.height - px(16)) / 2, info);
  painter.setFont(textFont(12));
  painter.setPen(roles().text2);
  const QRect box(scene.geometry.plot_left + px(28), top, scene.geometry.plot_width - px(28),
                  row.height);
  painter.drawText(box, Qt::AlignVCenter | Qt::TextWordWrap, scene.gpu_sentence);
}

void paintLabels(QPainter& painter, const TimelineScene& scene, const TimelineRow& row) {
  const bool full = scene.track_set == TrackSet::full;
  const bool head = row.kind == RowKind::layers_head;
  const bool layer = row.track >= 0 &&
                     scene.layout.tracks()[static_cast<size_t>(row.track)].kind == TrackKind::layer;
  const QRect box(px(kLabelLeft + (layer ? 12 : 0)), scene.top(row),
                  scene.geometry.plot_left - px(kLabelLeft + 8 + (layer ? 12 : 0)), row.height);
  painter.setFont(row.height < px(18) ? textFont(11)
                                      : textFont(12, head ? QFont::Medium : QFont::Normal));
  painter.setPen(full ? roles().text : roles().text2);
  const int spread = row.kind == RowKind::gpu ? px(16) : 0;  // name above, word below
  painter.drawText(box.adjusted(0, -spread, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, row.name);
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  painter.drawText(box.adjusted(0, spread, 0, 0),
                   Qt::AlignVCenter | (spread > 0 ? Qt::AlignLeft : Qt::AlignRight), row.beside);
}

void paintRow(QPainter& painter, const TimelineScene& scene, const TimelineRow& row) {
  const int top = scene.top(row);
  if (row.kind == RowKind::layers_head)
    painter.fillRect(0, top, scene.size.width(), row.height, roles().header);
  paintLabels(painter, scene, row);
  if (row.kind == RowKind::track)
    paintTrack(painter, scene, static_cast<size_t>(row.track), spanBand(scene, row));
  if (row.kind == RowKind::counter) {
    paintCounter(painter, scene, row);
    if (scene.track_set == TrackSet::full) paintPeak(painter, scene, row);
  }
  if (row.kind == RowKind::gpu) paintGpuRow(painter, scene, row);
  if (scene.track_set == TrackSet::compact) return;
  painter.fillRect(0, top + row.height - 1, scene.size.width(), 1, roles().grid);
}

void paintRuler(QPainter& painter, const TimelineScene& scene) {
  const QRect& ruler = scene.geometry.ruler;
  painter.fillRect(ruler, roles().header);
  painter.fillRect(ruler.x(), ruler.bottom(), ruler.width(), 1, roles().border);
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  painter.drawText(ruler.adjusted(px(kLabelLeft), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                   duration(std::llround(scene.window.length())) + u" in view"_s);
  const auto ticks = rulerTicks(scene.window, scene.geometry.plot_width, px(88));
  const int64_t step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1'000'000;
  const int decimals =
      std::clamp(6 - static_cast<int>(std::floor(std::log10(static_cast<double>(step)))), 0, 6);
  for (const int64_t tick : ticks) {
    const int x = static_cast<int>(std::lround(scene.x(static_cast<double>(tick))));
    painter.fillRect(x, ruler.bottom() - px(6), 1, px(6), roles().control);
    painter.setPen(roles().text2);
    const QString text =
        fixed(static_cast<double>(tick) / 1e6, decimals) + QStringLiteral("\u00A0ms");
    if (x + px(4) + painter.fontMetrics().horizontalAdvance(text) > scene.size.width()) continue;
    painter.drawText(QRect(x + px(4), ruler.top(), px(84), ruler.height() - px(4)),
                     Qt::AlignVCenter | Qt::AlignLeft, text);
  }
}

void paintGrid(QPainter& painter, const TimelineScene& scene) {
  const int top = scene.geometry.ruler.bottom() + 1;
  for (const int64_t tick : rulerTicks(scene.window, scene.geometry.plot_width, px(88)))
    painter.fillRect(static_cast<int>(std::lround(scene.x(static_cast<double>(tick)))), top, 1,
                     std::min(scene.size.height(), scene.geometry.content_height) - top,
                     roles().grid);
}

/// Thirds of the minimap: phases and engine, layers, SVD.
int bandOf(TrackKind kind) {
  if (kind == TrackKind::phases || kind == TrackKind::engine) return 0;
  return kind == TrackKind::factor ? 2 : 1;
}

}  // namespace

int TimelineScene::top(const TimelineRow& row) const {
  return row.y < geometry.scroll_top || row.pinned ? row.y : row.y - scroll;
}

QColor colourOf(SpanRole role) {
  switch (role) {
    case SpanRole::attention:
      return roles().span_attention;
    case SpanRole::projection:
      return roles().span_projection;
    case SpanRole::gram:
      return roles().span_gram;
    case SpanRole::factor:
      return roles().span_svd;
    case SpanRole::rebuild:
      return roles().span_rebuild;
    case SpanRole::other:
      return roles().span_other;
  }
  return roles().span_other;
}

QRectF spanRect(const TimelineScene& scene, int32_t index) {
  const auto track = scene.layout.trackOf(index);
  if (!track) return {};
  const auto row =
      std::find_if(scene.geometry.rows.begin(), scene.geometry.rows.end(),
                   [&](const TimelineRow& r) { return r.track == static_cast<int>(*track); });
  if (row == scene.geometry.rows.end()) return {};
  const Span& span = scene.layout.span(index);
  const QRectF band = spanBand(scene, *row);
  const double left = std::max(band.left(), scene.x(static_cast<double>(span.start_ns)));
  const double right = std::min(band.right(), scene.x(static_cast<double>(span.end_ns)));
  if (right < band.left() || left > band.right()) return {};
  return {left, band.top(), std::max(2.0, right - left - 1), band.height()};
}

void paintTimeline(QPainter& painter, const TimelineScene& scene) {
  painter.fillRect(QRect({0, 0}, scene.size), roles().panel);
  if (scene.track_set == TrackSet::full) paintGrid(painter, scene);
  for (const TimelineRow& row : scene.geometry.rows) {
    const int top = scene.top(row);
    if (top > scene.size.height() || top + row.height < 0) continue;
    if (row.y >= scene.geometry.scroll_top && !row.pinned) {
      painter.setClipRect(0, scene.geometry.scroll_top, scene.size.width(), scene.size.height());
    } else {
      painter.setClipping(false);
    }
    paintRow(painter, scene, row);
  }
  painter.setClipping(false);
  if (scene.track_set == TrackSet::compact) return;
  paintRuler(painter, scene);
}

void paintMinimapSpans(QPainter& painter, const TimelineScene& scene) {
  const QRect& map = scene.geometry.minimap;
  painter.fillRect(map, roles().panel);
  TimelineScene whole{scene.layout,
                      scene.geometry,
                      TrackSet::compact,
                      scene.layout.bounds(),
                      0,
                      scene.size,
                      scene.pixel_ratio,
                      {},
                      {},
                      -1};
  for (size_t track = 0; track < scene.layout.tracks().size(); ++track) {
    const int band = bandOf(scene.layout.tracks()[track].kind);
    paintTrack(painter, whole, track,
               QRectF(scene.geometry.plot_left, map.top() + px(8) + band * px(14),
                      scene.geometry.plot_width, px(12)));
  }
}

void paintMinimapWindow(QPainter& painter, const TimelineScene& scene) {
  const QRect& map = scene.geometry.minimap;
  painter.setFont(textFont(12));
  painter.setPen(roles().text);
  painter.drawText(QRect(px(kLabelLeft), map.top() + px(10), px(120), px(18)), Qt::AlignVCenter,
                   QStringLiteral("Whole run"));
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  painter.drawText(QRect(px(kLabelLeft), map.top() + px(28), px(120), px(18)), Qt::AlignVCenter,
                   duration(std::llround(scene.layout.bounds().length())));
  painter.fillRect(map.x(), map.bottom(), map.width(), 1, roles().border);
  const double left =
      scene.geometry.plot_left +
      scene.layout.bounds().pixelOf(scene.window.begin_ns, scene.geometry.plot_width);
  const double right =
      scene.geometry.plot_left +
      scene.layout.bounds().pixelOf(scene.window.end_ns, scene.geometry.plot_width);
  QColor veil = roles().panel;
  veil.setAlphaF(0.6F);
  painter.fillRect(QRectF(scene.geometry.plot_left, map.top(), left - scene.geometry.plot_left,
                          map.height() - 1),
                   veil);
  painter.fillRect(
      QRectF(right, map.top(), scene.geometry.plot_left + scene.geometry.plot_width - right,
             map.height() - 1),
      veil);
  painter.setPen(QPen(roles().control, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(
      QRectF(left + 0.5, map.top() + 2.5, std::max(2.0, right - left - 1), map.height() - 6));
  for (const double edge : {left, right})
    painter.fillRect(QRectF(edge - px(2), map.top() + px(20), px(4), px(16)), roles().control);
}

}  // namespace xkv::views
