// SPDX-License-Identifier: GPL-3.0-or-later
/// How the bars and the token lens of the error panel are painted.
#include <QPainter>
#include <QPainterPath>
#include <cmath>
#include <cstdlib>

#include "views/error_view.h"
#include "views/number_format.h"
#include "views/provenance.h"
#include "views/segmented_switch.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kGradientWidth = 56;

/// "24/36", of one compressed stream "24".
QString ranksText(const std::vector<PlannedGroup>& groups) {
  if (groups.empty()) return {};
  QStringList ranks;
  for (const int64_t rank : {groups.front().rank_k, groups.front().rank_v})
    if (rank > 0) ranks << QString::number(rank);
  return ranks.join(u'/');
}

/// Ticks of a strip: round numbers, and the last token.
int64_t tokenStep(int64_t seq_len) {
  const double step =
      std::pow(10.0, std::floor(std::log10(std::max(1.0, static_cast<double>(seq_len) / 2))));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (static_cast<double>(seq_len) / (step * factor) <= 6)
      return static_cast<int64_t>(std::max(1.0, step * factor));
  }
  return static_cast<int64_t>(step * 10);
}

}  // namespace

void ErrorView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  if (run_ == nullptr) return;
  if (!layout_.chart().isEmpty() && numColumns() > 0) {
    paintLegend(painter);
    paintAxes(painter);
    if (layout_.hasBars()) {
      for (int column = 0; column < numColumns(); ++column) paintColumn(painter, column);
    } else {
      for (const Stream stream : streams()) paintSteps(painter, stream);
    }
  }
  if (!layout_.strip().isEmpty()) {
    paintLensHead(painter);
    paintLens(painter);
  }
  if (hasFocus()) {
    painter.setPen(QPen(roles().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
  }
}

void ErrorView::paintBar(QPainter& painter, const QRectF& bar, const QColor& colour,
                         bool predicted) const {
  if (bar.height() <= 0) return;
  if (!predicted) {
    painter.fillRect(bar, colour);
    return;
  }
  const double half = 0.75 * themeScale();
  const QRectF inner = bar.adjusted(half, half, -half, 0);
  painter.setBrushOrigin(bar.topLeft());
  painter.fillRect(inner, hatchBrush(colour, roles().panel, devicePixelRatioF()));
  painter.setPen(QPen(colour, 2 * half, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
  painter.drawPolyline(
      QPolygonF({inner.bottomLeft(), inner.topLeft(), inner.topRight(), inner.bottomRight()}));
}

/// One row above the axis; entries that do not fit are left to the tooltip.
void ErrorView::paintLegend(QPainter& painter) const {
  int x = layout_.legend().x();
  const int middle = layout_.legend().center().y();
  const auto entry = [&](const QString& label, bool italic, int swatch, auto&& paintSwatch) {
    painter.setFont(textFont(11, QFont::Normal, italic));
    const int width = px(swatch) + px(6) + painter.fontMetrics().horizontalAdvance(label) + px(14);
    if (x + width - px(14) > layout_.legend().right()) return;
    paintSwatch(QRect(x, middle - px(4), px(swatch), px(9)));
    painter.setFont(textFont(11, QFont::Normal, italic));
    painter.setPen(roles().text2);
    painter.drawText(
        QRect(x + px(swatch) + px(6), layout_.legend().y(), width, layout_.legend().height()),
        Qt::AlignVCenter, label);
    x += width;
  };
  if (!predicted_.empty()) {
    entry(QStringLiteral("what-if ") + ranksText(what_if_->groups), true, 20,
          [&](QRect box) { paintBar(painter, box, roles().text2, true); });
  }
  if (!measured_.empty()) {
    const QString name =
        QStringLiteral("run %1 %2").arg(run_->run_id).arg(ranksText(run_->started.plan));
    entry(name, false, 20, [&](QRect box) { painter.fillRect(box, roles().run_a); });
  }
  if (!before_.empty() && mode() != kGroups) {
    entry(QStringLiteral("A: run %1").arg(baseline_->run_id), false, 18, [&](QRect box) {
      painter.fillRect(QRectF(box.x(), middle - 1, box.width(), 2.5 * themeScale()), roles().run_a);
    });
  }
  for (const Stream stream : streams()) {
    entry(streamName(stream), false, 9,
          [&](QRect box) { painter.fillRect(box, streamColour(stream)); });
  }
}

void ErrorView::paintAxes(QPainter& painter) const {
  const QRect chart = layout_.chart();
  for (int column = 0; column < numColumns(); ++column) {
    if (isSelectedColumn(column)) painter.fillRect(layout_.column(column), roles().tint);
  }
  painter.setFont(textFont(11));
  const int ticks = static_cast<int>(std::lround(scale_.top / scale_.step));
  const int decimals = scale_.step < 0.0095 ? 1 : 0;
  for (int i = 0; i <= ticks; ++i) {
    const int y = chart.bottom() + 1 -
                  static_cast<int>(std::lround(static_cast<double>(i) * chart.height() / ticks));
    painter.fillRect(chart.x(), y, chart.width(), 1, i == 0 ? roles().control : roles().grid);
    painter.setPen(roles().text2);
    const QString label = fixed(100 * scale_.step * i, decimals) + QChar(0x00A0) + u'%';
    painter.drawText(QRect(0, y - px(8), chart.x() - px(8), px(16)),
                     Qt::AlignVCenter | Qt::AlignRight, label);
  }
  for (int column = 0; column < numColumns(); ++column) {
    const bool selected = isSelectedColumn(column);
    if (column % layout_.labelStep() != 0 && !selected) continue;
    const QRect area = layout_.column(column);
    painter.setFont(textFont(11, selected ? QFont::Bold : QFont::Normal));
    painter.setPen(selected ? roles().accent : roles().text2);
    const QString name =
        mode() == kGroups ? QStringLiteral("g%1").arg(column) : QString::number(column);
    painter.drawText(QRect(area.center().x() - px(24), chart.bottom() + px(2), px(48), px(16)),
                     Qt::AlignCenter, name);
  }
}

void ErrorView::paintColumn(QPainter& painter, int column) const {
  const int kinds = (predicted_.empty() ? 0 : 1) + (measured_.empty() ? 0 : 1);
  const int slots_each = std::max(1, kinds);
  const auto valueOf = [column](const std::vector<double>& bars) {
    const auto index = static_cast<size_t>(column);
    return index < bars.size() ? bars[index] : std::nan("");
  };
  const std::vector<Stream> shown = streams();
  const int slots_all = slots_each * static_cast<int>(shown.size());
  for (int s = 0; s < static_cast<int>(shown.size()); ++s) {
    const Stream stream = shown[static_cast<size_t>(s)];
    int slot = s * slots_each;
    for (const bool predicted : {true, false}) {
      const Bars& bars = predicted ? predicted_ : measured_;
      if (bars.empty()) continue;
      const double value = valueOf(bars.of(stream));
      if (!std::isnan(value)) {
        paintBar(painter, layout_.bar(column, slot, slots_all, value / scale_.top),
                 streamColour(stream), predicted);
      }
      ++slot;
    }
    const double before = mode() == kGroups ? std::nan("") : valueOf(before_.of(stream));
    if (std::isnan(before)) continue;
    const QRectF first = layout_.bar(column, s * slots_each, slots_all, before / scale_.top);
    const QRectF last =
        layout_.bar(column, s * slots_each + slots_each - 1, slots_all, before / scale_.top);
    const double half = 1.25 * themeScale();
    const QRectF tick(first.left() - 1, first.top() - half, last.right() - first.left() + 2,
                      2 * half);
    painter.fillRect(tick.adjusted(0, -half, 0, half),
                     isSelectedColumn(column) ? roles().tint : roles().panel);
    painter.fillRect(tick, roles().run_a);
  }
}

/// Too many layers for bars: measured as a solid step line, predicted dashed, baseline in slate.
void ErrorView::paintSteps(QPainter& painter, Stream stream) const {
  const QRect chart = layout_.chart();
  const auto steps = [&](const std::vector<double>& bars, const QPen& pen) {
    QPolygonF line;
    for (int column = 0; column < static_cast<int>(bars.size()); ++column) {
      const double value = bars[static_cast<size_t>(column)];
      if (std::isnan(value)) continue;
      const double y = chart.bottom() + 1 - std::min(1.0, value / scale_.top) * chart.height();
      const QRect area = layout_.column(column);
      line << QPointF(area.left(), y) << QPointF(area.right() + 1, y);
    }
    painter.setPen(pen);
    painter.drawPolyline(line);
  };
  if (mode() != kGroups) steps(before_.of(stream), QPen(roles().run_a, 1.5));
  steps(predicted_.of(stream), QPen(streamColour(stream), 1.5, Qt::DashLine));
  steps(measured_.of(stream), QPen(streamColour(stream), 2));
}

void ErrorView::paintLensHead(QPainter& painter) const {
  const QRect head = layout_.lensHead();
  const QString stream = streamName(lensStream());
  // Spectra hold no single token's error: other ranks are known per layer and group only.
  const QString title =
      QStringLiteral("Token lens: %1, run %2%3")
          .arg(stream)
          .arg(run_->run_id)
          .arg(predicted_.empty() ? QString() : QStringLiteral(" (what-if has none per token)"));
  painter.setFont(textFont(11, QFont::Bold));
  painter.setPen(roles().text);
  painter.drawText(head, Qt::AlignVCenter, title);
  const int glyph = head.x() + painter.fontMetrics().horizontalAdvance(title) + px(14);
  paintProvenanceGlyph(painter, QPointF(glyph, head.center().y() + 1), Provenance::measured,
                       roles().text2);
  const int scale_left = paintLensScale(painter);
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  const QString word = provenanceWord(Provenance::measured);
  const int word_left = glyph + px(9);
  if (word_left + painter.fontMetrics().horizontalAdvance(word) + px(8) > scale_left) return;
  painter.drawText(head.adjusted(word_left - head.x(), 0, 0, 0), Qt::AlignVCenter, word);
}

/// The colours and their ends, at the right. Returns where it begins.
int ErrorView::paintLensScale(QPainter& painter) const {
  const QRect head = layout_.lensHead();
  const QString top = QStringLiteral("≥ ") + fixed(100 * lens_top_, lens_top_ < 0.0195 ? 1 : 0) +
                      QChar(0x00A0) + u'%';
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  const int top_width = painter.fontMetrics().horizontalAdvance(top);
  painter.drawText(head, Qt::AlignVCenter | Qt::AlignRight, top);
  const QRect bar(head.right() - top_width - px(6) - px(kGradientWidth), head.center().y() - px(4),
                  px(kGradientWidth), px(8));
  for (int i = 0; i < bar.width(); ++i) {
    painter.fillRect(bar.x() + i, bar.y(), 1, bar.height(),
                     QColor(mapColour(ColourMap::cividis, (i + 0.5) / bar.width())));
  }
  painter.drawText(QRect(bar.x() - px(20), head.y(), px(14), head.height()),
                   Qt::AlignVCenter | Qt::AlignRight, QStringLiteral("0"));
  return bar.x() - px(14);
}

void ErrorView::paintLens(QPainter& painter) const {
  const QRect strip = layout_.strip();
  painter.fillRect(strip, hatchBrush(mixed(roles().control, roles().sunken, 0.6), roles().sunken,
                                     devicePixelRatioF()));
  painter.drawImage(strip, lens_);
  painter.setPen(QPen(roles().control, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(strip.adjusted(0, 0, -1, -1));
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  const int rows_per_label =
      std::max(1, (px(14) + layout_.stripRow(0).height() - 1) / layout_.stripRow(0).height());
  for (int layer = 0; layer < tokens_.num_layers; layer += rows_per_label) {
    const QRect row = layout_.stripRow(layer);
    painter.drawText(QRect(0, row.center().y() - px(7), strip.x() - px(8), px(16)),
                     Qt::AlignVCenter | Qt::AlignRight, QString::number(layer));
  }
  paintTokenAxis(painter);
  if (selection_.token && *selection_.token >= shown_.first &&
      *selection_.token < shown_.first + shown_.count) {
    const double x = xOfToken(*selection_.token);
    painter.setPen(QPen(Qt::black, 4));
    painter.drawRect(QRectF(x - 2, strip.y() + 1, 4, strip.height() - 2));
    painter.setPen(QPen(Qt::white, 2));
    painter.drawRect(QRectF(x - 2, strip.y() + 1, 4, strip.height() - 2));
  }
  if (!band_from_ || *band_from_ == band_to_) return;
  QColor wash = roles().accent;
  wash.setAlphaF(0.35F);
  const QRect band(std::min(*band_from_, band_to_), strip.y(), std::abs(band_to_ - *band_from_),
                   strip.height());
  painter.fillRect(band, wash);
  painter.setPen(QPen(roles().accent, 1.5));
  painter.drawLine(band.left(), band.top(), band.left(), band.bottom());
  painter.drawLine(band.right(), band.top(), band.right(), band.bottom());
}

void ErrorView::paintTokenAxis(QPainter& painter) const {
  const QRect strip = layout_.strip();
  const int64_t end = shown_.first + shown_.count;
  const int64_t step = tokenStep(shown_.count);
  const auto label = [&](int64_t token, Qt::Alignment where) {
    const double x = xOfToken(token);
    const double shift = where == Qt::AlignRight ? px(60) : where == Qt::AlignLeft ? 0 : px(30);
    painter.drawText(QRectF(x - shift, strip.bottom() + px(3), px(60), px(16)),
                     where | Qt::AlignVCenter, count(token));
  };
  label(shown_.first, Qt::AlignLeft);
  for (int64_t token = (shown_.first / step + 1) * step; token < end - step / 2; token += step) {
    if (token >= shown_.first + step / 2) label(token, Qt::AlignHCenter);
  }
  label(end - 1, Qt::AlignRight);
}

}  // namespace xkv::views
