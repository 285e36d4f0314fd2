// SPDX-License-Identifier: GPL-3.0-or-later
/// How the CKA maps, their groups, colour bar and card are painted.
#include <QPainter>
#include <QPainterPath>
#include <cmath>

#include "profiling/rank_plan.h"
#include "views/badge.h"
#include "views/cka_view.h"
#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/provenance.h"
#include "views/segmented_switch.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kBins = 24;  // of the histogram

QPen framePen(const QColor& colour, double width, Qt::PenStyle style = Qt::SolidLine) {
  QPen pen(colour, width * themeScale(), style, Qt::FlatCap, Qt::MiterJoin);
  if (style == Qt::DashLine) pen.setDashPattern({3, 2});
  return pen;
}

/// 2 px white on 4 px black: visible on every colour of the map.
void paintFrame(QPainter& painter, const QRect& area, bool dashed = false) {
  const QRectF frame = QRectF(area).adjusted(1, 1, -1, -1);
  painter.setPen(framePen(Qt::black, 4));
  painter.drawRect(frame);
  painter.setPen(framePen(Qt::white, 2, dashed ? Qt::DashLine : Qt::SolidLine));
  painter.drawRect(frame);
}

void paintBracket(QPainter& painter, QRectF area, const QString& name) {
  painter.setPen(QPen(roles().control, 1));
  painter.drawPolyline(
      QPolygonF({area.topRight(), area.topLeft(), area.bottomLeft(), area.bottomRight()}));
  painter.setFont(textFont(11, QFont::Medium));
  const QRectF label(area.left() - px(10), area.center().y() - px(8), px(20), px(16));
  painter.fillRect(label, roles().panel);
  painter.setPen(roles().text2);
  painter.drawText(label, Qt::AlignCenter, name);
}

/// The arrow that moves a border.
void paintGrip(QPainter& painter, const QRect& box) {
  QPainterPath arrow;
  const double point = box.right() - px(5);
  arrow.addPolygon(QPolygonF({box.topLeft(),
                              {point, double(box.top())},
                              {double(box.right()), box.center().y() + 0.5},
                              {point, double(box.bottom())},
                              box.bottomLeft()}));
  arrow.closeSubpath();
  painter.fillPath(arrow, roles().raised);
  painter.strokePath(arrow, QPen(roles().text2, 1));
}

std::vector<int> histogram(const CkaRecord& record, double low) {
  std::vector<int> bins(kBins, 0);
  for (int64_t row = 0; row < record.num_layers; ++row) {
    for (int64_t column = 0; column < row; ++column) {
      const double share = (static_cast<double>(ckaAt(record, row, column)) - low) / (1 - low);
      if (!std::isnan(share)) ++bins[static_cast<size_t>(std::clamp(share, 0.0, 0.999) * kBins)];
    }
  }
  return bins;
}

}  // namespace

void CkaView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  for (int map = 0; map < layout_.numMaps(); ++map) paintMap(painter, map);
  if (layout_.numMaps() == 0) return;
  paintColourBar(painter);
  if (layout_.card()) paintCard(painter);
  if (hasFocus()) {
    painter.setPen(QPen(roles().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
  }
}

void CkaView::paintMap(QPainter& painter, int map) {
  const auto layers = static_cast<int>(shown_.front().record->num_layers);
  const ColourMap colours = colours_->currentIndex() == 0 ? ColourMap::viridis : ColourMap::cividis;
  QImage image(layers, layers, QImage::Format_ARGB32);
  for (int row = 0; row < layers; ++row) {
    for (int column = 0; column < layers; ++column) {
      const auto value = static_cast<double>(valueAt({map, row, column}));
      image.setPixel(
          column, row,
          std::isnan(value) ? 0 : mapColour(colours, (value - range_low_) / (1 - range_low_)));
    }
  }
  paintUnmeasured(painter, map);
  painter.drawImage(layout_.map(map), image);  // no interpolation: a cell is one flat colour
  paintEnd(painter, map);
  paintHead(painter, map);
  paintLabels(painter, map);
  if (layout_.hasNumbers()) paintNumbers(painter, map);
  paintGroups(painter, map);
  paintSelection(painter, map);
}

void CkaView::paintHead(QPainter& painter, int map) const {
  const Shown& shown = shown_[static_cast<size_t>(map)];
  const bool keys = shown.record->stream == Stream::key;
  const QRect area = layout_.map(map);
  const QRect line(area.x(), px(6), area.width(), px(20));
  painter.fillRect(QRect(line.x(), line.center().y() - px(4) + 1, px(8), px(8)),
                   keys ? roles().keys : roles().values);
  painter.setFont(textFont(12, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(line.adjusted(px(14), 0, 0, 0), Qt::AlignVCenter,
                   keys ? QStringLiteral("Keys") : QStringLiteral("Values"));
  const QString means =
      QStringLiteral("adjacent %1   all pairs %2").arg(cka(shown.adjacent), cka(shown.all_pairs));
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  if (painter.fontMetrics().horizontalAdvance(means) + px(70) <= line.width()) {
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, means);
  }
}

void CkaView::paintLabels(QPainter& painter, int map) const {
  const QRect area = layout_.map(map);
  const int cell = layout_.cellSize();
  const auto layers = static_cast<int>(shown_.front().record->num_layers);
  for (int layer = 0; layer < layers; ++layer) {
    const bool selected = selection_.hasLayer(layer);
    if (layer % layout_.labelStep() != 0 && !selected) continue;
    painter.setFont(textFont(11, selected ? QFont::Bold : QFont::Normal));
    painter.setPen(selected ? roles().accent : roles().text2);
    const int middle = layer * cell + cell / 2;
    const QString name = QString::number(layer);
    const bool row = !selection_.layers || selection_.layers->row == layer || !selected;
    const bool column = !selection_.layers || selection_.layers->column == layer || !selected;
    painter.setPen(selected && column ? roles().accent : roles().text2);
    painter.setFont(textFont(11, selected && column ? QFont::Bold : QFont::Normal));
    painter.drawText(QRect(area.x() + middle - px(20), area.y() - px(18), px(40), px(16)),
                     Qt::AlignCenter, name);
    painter.setPen(selected && row ? roles().accent : roles().text2);
    painter.setFont(textFont(11, selected && row ? QFont::Bold : QFont::Normal));
    painter.drawText(QRect(area.x() - px(28), area.y() + middle - px(8), px(22), px(16)),
                     Qt::AlignVCenter | Qt::AlignRight, name);
  }
}

void CkaView::paintNumbers(QPainter& painter, int map) const {
  const ColourMap colours = colours_->currentIndex() == 0 ? ColourMap::viridis : ColourMap::cividis;
  painter.setFont(textFont(11));
  const auto layers = static_cast<int>(shown_.front().record->num_layers);
  for (int row = 0; row < layers; ++row) {
    for (int column = 0; column < layers; ++column) {
      const auto value = static_cast<double>(valueAt({map, row, column}));
      if (std::isnan(value)) continue;
      painter.setPen(textOn(mapColour(colours, (value - range_low_) / (1 - range_low_))));
      painter.drawText(layout_.cell({map, row, column}), Qt::AlignCenter, ckaCell(value));
    }
  }
}

void CkaView::paintUnmeasured(QPainter& painter, int map) const {
  const CkaRecord& record = *shown_[static_cast<size_t>(map)].record;
  if (record.num_layers_done >= record.num_layers) return;
  const QRect area = layout_.map(map);
  painter.fillRect(area, hatchBrush(mixed(roles().control, roles().sunken, 0.6), roles().sunken,
                                    devicePixelRatioF()));
  painter.setFont(textFont(12));
  const QString words = QStringLiteral("not measured");
  QRect label(0, 0, painter.fontMetrics().horizontalAdvance(words) + px(12), px(20));
  label.moveBottomRight(area.bottomRight() - QPoint(px(6), px(6)));
  painter.fillRect(label, roles().panel);
  painter.setPen(roles().text2);
  painter.drawText(label, Qt::AlignCenter, words);
}

/// Where the run stopped.
void CkaView::paintEnd(QPainter& painter, int map) const {
  const CkaRecord& record = *shown_[static_cast<size_t>(map)].record;
  if (record.num_layers_done >= record.num_layers) return;
  const QRect area = layout_.map(map);
  const int done = static_cast<int>(record.num_layers_done) * layout_.cellSize();
  painter.setPen(framePen(roles().bad, 1.5, Qt::DashLine));
  painter.drawLine(area.x() + done, area.top(), area.x() + done, area.bottom());
  painter.drawLine(area.left(), area.y() + done, area.right(), area.y() + done);
}

void CkaView::paintGroups(QPainter& painter, int map) const {
  painter.setBrush(Qt::NoBrush);
  const QRect area = layout_.map(map);
  const auto done = static_cast<int>(shown_[static_cast<size_t>(map)].record->num_layers_done);
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto first = static_cast<int>(groups_[g].first_layer);
    const auto layers = static_cast<int>(groups_[g].num_layers);
    const QRect block = layout_.block(map, first, layers);
    if (layers > 1 || layout_.cellSize() >= px(14))
      paintFrame(painter, block, groups_predicted_ || first + layers > done);
    if (block.height() >= px(22)) {
      paintBracket(painter, QRectF(area.x() - px(25), block.y() + 2.5, px(5), block.height() - 5),
                   QStringLiteral("g%1").arg(g));
    }
  }
  painter.setRenderHint(QPainter::Antialiasing);
  for (const int border : borders()) {
    const bool moving = dragged_border_ == border;
    paintGrip(painter, layout_.grip(map, moving ? drag_target_ : border));
    if (!moving) continue;
    const int y = area.y() + drag_target_ * layout_.cellSize();
    painter.setPen(framePen(roles().accent, 2, Qt::DashLine));
    painter.drawLine(area.left(), y, area.right(), y);
  }
  painter.setRenderHint(QPainter::Antialiasing, false);
}

void CkaView::paintSelection(QPainter& painter, int map) const {
  painter.setBrush(Qt::NoBrush);
  if (selection_.layers) {
    const auto layers = shown_.front().record->num_layers;
    const LayerPair& pair = *selection_.layers;
    if (pair.row < layers && pair.column < layers) {
      paintFrame(painter,
                 layout_.cell({map, static_cast<int>(pair.row), static_cast<int>(pair.column)}));
    }
  }
  if (hovered_ && hovered_->map == map) {
    painter.setPen(QPen(Qt::white, 1));
    painter.drawRect(layout_.cell(*hovered_).adjusted(0, 0, -1, -1));
  }
}

void CkaView::paintColourBar(QPainter& painter) const {
  const QRect bar = layout_.colourBar();
  const ColourMap colours = colours_->currentIndex() == 0 ? ColourMap::viridis : ColourMap::cividis;
  for (int y = 0; y < bar.height(); ++y) {
    painter.fillRect(bar.x(), bar.bottom() - y, bar.width(), 1,
                     QColor(mapColour(colours, (y + 0.5) / bar.height())));
  }
  painter.setPen(QPen(roles().control, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(QRectF(bar).adjusted(0.5, 0.5, -0.5, -0.5));
  painter.setFont(textFont(11));
  const int ticks = static_cast<int>(std::lround((1 - range_low_) * 10));
  const int step = bar.height() / std::max(1, ticks) >= px(16) ? 1 : 2;
  for (int i = 0; i <= ticks; i += step) {
    const int y = bar.top() + i * (bar.height() - 1) / ticks;
    painter.setPen(QPen(roles().control, 1));
    painter.drawLine(bar.right() + 1, y, bar.right() + px(4), y);
    painter.setPen(roles().text2);
    painter.drawText(QRect(bar.right() + px(8), y - px(8), px(32), px(16)), Qt::AlignVCenter,
                     fixed(1 - i * 0.1, 1));
  }
  std::vector<int> bins(kBins, 0);
  for (const Shown& shown : shown_) {
    const auto own = histogram(*shown.record, range_low_);
    for (size_t i = 0; i < bins.size(); ++i) bins[i] += own[i];
  }
  const int most = std::max(1, *std::max_element(bins.begin(), bins.end()));
  for (int i = 0; i < kBins; ++i) {
    const int length = bins[static_cast<size_t>(i)] * px(30) / most;
    const int top = bar.bottom() + 1 - (i + 1) * bar.height() / kBins;
    const int bottom = bar.bottom() + 1 - i * bar.height() / kBins;
    painter.fillRect(bar.left() - px(2) - length, top, length, std::max(1, bottom - top - 1),
                     mixed(roles().control, roles().panel, 0.45));
  }
}

void CkaView::paintCard(QPainter& painter) const {
  QRect room = *layout_.card();
  const LayerPair pair = selection_.layers.value_or(LayerPair{0, 0});
  if (selection_.layers && pair.row < shown_.front().record->num_layers &&
      pair.column < shown_.front().record->num_layers) {
    room.setTop(paintPairTable(painter, room, pair) + px(12));
  } else {
    painter.setFont(textFont(12));
    painter.setPen(roles().text3);
    painter.drawText(
        QRect(room.x(), room.y(), room.width(), px(40)), Qt::TextWordWrap,
        QStringLiteral("A cell is a pair of layers; a click selects it in every panel."));
    room.setTop(room.y() + px(48));
  }
  paintOddLayer(painter, room);
}

/// Returns where it ends.
int CkaView::paintPairTable(QPainter& painter, QRect room, const LayerPair& pair) const {
  const auto line = [&](int y, int height = 20) {
    return QRect(room.x(), y, room.width(), px(height));
  };
  int y = room.y();
  painter.setFont(textFont(13, QFont::Medium));
  painter.setPen(roles().text);
  const QString title = pair.row == pair.column
                            ? QStringLiteral("Layer %1").arg(pair.row)
                            : QStringLiteral("Layer %1 × %2").arg(pair.row).arg(pair.column);
  painter.drawText(line(y), Qt::AlignVCenter, title);
  painter.setFont(textFont(12));
  painter.setPen(roles().text2);
  painter.drawText(line(y += px(20)), Qt::AlignVCenter,
                   QString::fromStdString(placeOf(groups_, pair)));
  y += px(24);

  const int column = px(62);
  const Stream streams[] = {Stream::key, Stream::value};
  const auto right = [&](int i) { return room.right() - (1 - i) * column; };
  for (int i = 0; i < 2; ++i)
    paintBadge(painter, QPointF(right(i) - px(16), y + px(2)),
               i == 0 ? Badge::keys : Badge::values);
  const RankPlanner planner(*run_);
  const auto row = [&](const QString& label, auto&& textOf) {
    y += px(20);
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(line(y), Qt::AlignVCenter, label);
    painter.setPen(roles().text);
    for (int i = 0; i < 2; ++i) {
      painter.drawText(QRect(right(i) - column, y, column, px(20)),
                       Qt::AlignVCenter | Qt::AlignRight, textOf(streams[i]));
    }
  };
  row(QStringLiteral("CKA"), [&](Stream s) {
    const CkaRecord* record = ckaOf(*run_, s);
    return record == nullptr ? missing()
                             : cka(static_cast<double>(ckaAt(*record, pair.row, pair.column)));
  });
  row(QStringLiteral("token cosine"), [&](Stream s) {
    const CkaRecord* record = ckaOf(*run_, s);
    if (record == nullptr || record->token_cosine.size() != record->cka.size()) return missing();
    return cka(static_cast<double>(
        record->token_cosine[static_cast<size_t>(pair.row * record->num_layers + pair.column)]));
  });
  std::vector<int64_t> layers = {pair.row};
  if (pair.column != pair.row) layers.push_back(pair.column);
  for (const int64_t layer : layers) {
    row(QStringLiteral("rank, 95 %: %1").arg(layer), [&](Stream s) {
      const SpectrumRecord* spectrum = planner.spectrum(s, layer, 1);
      return spectrum == nullptr
                 ? missing()
                 : QStringLiteral("%1 of %2").arg(spectrum->rank_95).arg(spectrum->width);
    });
  }
  y += px(26);
  paintProvenanceGlyph(painter, QPointF(room.x() + px(5), y + px(8)), Provenance::measured,
                       roles().text2);
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  painter.drawText(line(y, 16).adjusted(px(16), 0, 0, 0), Qt::AlignVCenter,
                   QStringLiteral("measured   run %1").arg(run_->run_id));
  return y + px(16);
}

void CkaView::paintOddLayer(QPainter& painter, QRect room) const {
  const auto odd = oddLayer(*run_);
  const int height = px(72);
  if (!odd || room.height() < height) return;
  const QRectF box(room.x() + 0.5, room.y() + 0.5, room.width() - 1, height);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(roles().border, 1));
  painter.setBrush(roles().sunken);
  painter.drawRoundedRect(box, px(4), px(4));
  painter.setRenderHint(QPainter::Antialiasing, false);
  const QString lines[] = {
      QStringLiteral("Layer %1 is the odd one out.").arg(odd->layer),
      QStringLiteral("Mean CKA with the others:"),
      QStringLiteral("keys %1, values %2.").arg(cka(odd->mean_keys), cka(odd->mean_values))};
  painter.setPen(roles().text);
  for (int i = 0; i < 3; ++i) {
    painter.setFont(textFont(12, i == 0 ? QFont::Bold : QFont::Normal));
    painter.drawText(
        QRectF(box.x() + px(8), box.y() + px(8) + i * px(18), box.width() - px(16), px(18)),
        Qt::AlignVCenter, lines[i]);
  }
}

}  // namespace xkv::views
