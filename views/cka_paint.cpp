// SPDX-License-Identifier: GPL-3.0-or-later
/// How the CKA maps, their groups, colour bar and card are painted.
#include <QPainter>
#include <cmath>

#include "views/cka_view.h"
#include "views/grip.h"
#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/provenance.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

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
  const HeatmapWindow& window = layout_.window();
  QImage image(window.layers, window.layers, QImage::Format_ARGB32);
  for (int row = 0; row < window.layers; ++row) {
    for (int column = 0; column < window.layers; ++column) {
      const auto value =
          static_cast<double>(valueAt({map, window.row + row, window.column + column}));
      image.setPixel(column, row, std::isnan(value) ? 0 : colourOf(value));
    }
  }
  paintUnmeasured(painter, map);
  painter.drawImage(layout_.map(map), image);  // no interpolation: a cell is one flat colour
  paintEnd(painter, map);
  paintHead(painter, map);
  paintLabels(painter, map);
  if (layout_.hasNumbers()) paintNumbers(painter, map);
  paintGroups(painter, map);
  painter.setClipRect(layout_.map(map).adjusted(-2, -2, 2, 2));
  paintSelection(painter, map);
  painter.setClipping(false);
}

void CkaView::paintHead(QPainter& painter, int map) const {
  const Shown& shown = shown_[static_cast<size_t>(map)];
  const QRect area = layout_.map(map);
  const QRect line(area.x(), px(6), area.width(), px(20));
  painter.fillRect(QRect(line.x(), line.center().y() - px(4) + 1, px(8), px(8)),
                   streamColour(shown.record->stream));
  painter.setFont(textFont(12, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(line.adjusted(px(14), 0, 0, 0), Qt::AlignVCenter,
                   streamTitle(shown.record->stream) +
                       (shown.cosine ? QStringLiteral(", token cosine") : QString()));
  const QString means =
      QStringLiteral("adjacent %1   all pairs %2").arg(cka(shown.adjacent), cka(shown.all_pairs));
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  if (painter.fontMetrics().horizontalAdvance(means) + px(shown.cosine ? 150 : 70) <= line.width()) {
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, means);
  }
}

void CkaView::paintLabels(QPainter& painter, int map) const {
  const QRect area = layout_.map(map);
  const HeatmapWindow& window = layout_.window();
  const auto label = [&](int layer, bool marked, const QRect& box, Qt::Alignment where) {
    painter.setPen(marked ? roles().accent : roles().text2);
    painter.setFont(textFont(11, marked ? QFont::Bold : QFont::Normal));
    painter.drawText(box, where, QString::number(layer));
  };
  for (int i = 0; i < window.layers; ++i) {
    const int middle = i * layout_.cellSize() + layout_.cellSize() / 2;
    const int column = window.column + i;
    const int row = window.row + i;
    const bool column_marked = selection_.layers && selection_.layers->column == column;
    const bool row_marked = selection_.layers && selection_.layers->row == row;
    if (column % layout_.labelStep() == 0 || column_marked) {
      label(column, column_marked,
            QRect(area.x() + middle - px(20), area.y() - px(18), px(40), px(16)), Qt::AlignCenter);
    }
    if (row % layout_.labelStep() == 0 || row_marked) {
      label(row, row_marked, QRect(area.x() - px(28), area.y() + middle - px(8), px(22), px(16)),
            Qt::AlignVCenter | Qt::AlignRight);
    }
  }
}

void CkaView::paintNumbers(QPainter& painter, int map) const {
  painter.setFont(textFont(11));
  const HeatmapWindow& window = layout_.window();
  for (int row = window.row; row < window.row + window.layers; ++row) {
    for (int column = window.column; column < window.column + window.layers; ++column) {
      const auto value = static_cast<double>(valueAt({map, row, column}));
      if (std::isnan(value)) continue;
      painter.setPen(textOn(colourOf(value)));
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
  const auto done = static_cast<int>(record.num_layers_done);
  const QPoint end = layout_.cell({map, done, done}).topLeft();
  painter.setPen(framePen(roles().bad, 1.5, Qt::DashLine));
  if (layout_.showsColumn(done)) painter.drawLine(end.x(), area.top(), end.x(), area.bottom());
  if (layout_.showsRow(done)) painter.drawLine(area.left(), end.y(), area.right(), end.y());
}

void CkaView::paintGroups(QPainter& painter, int map) const {
  painter.setBrush(Qt::NoBrush);
  const QRect area = layout_.map(map);
  const auto done = static_cast<int>(shown_[static_cast<size_t>(map)].record->num_layers_done);
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto first = static_cast<int>(groups_[g].first_layer);
    const auto layers = static_cast<int>(groups_[g].num_layers);
    const QRect block = layout_.block(map, first, layers);
    painter.setClipRect(area.adjusted(-2, -2, 2, 2));
    if (layers > 1 || layout_.cellSize() >= px(14))
      paintFrame(painter, block, groups_predicted_ || first + layers > done);
    painter.setClipping(false);
    const int top = std::max(block.top(), area.top());
    const int height = std::min(block.bottom(), area.bottom()) + 1 - top;
    if (height >= px(22)) {
      paintBracket(painter, QRectF(area.x() - px(25), top + 2.5, px(5), height - 5),
                   QStringLiteral("g%1").arg(g));
    }
  }
  painter.setRenderHint(QPainter::Antialiasing);
  for (const int border : borders()) {
    const bool moving = hold_ == Hold::border && dragged_border_ == border;
    const int at = moving ? drag_target_ : border;
    if (!layout_.showsRow(at)) continue;
    paintGrip(painter, layout_.grip(map, at));
    if (!moving) continue;
    const int y = layout_.cell({map, at, 0}).y();
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

}  // namespace xkv::views
