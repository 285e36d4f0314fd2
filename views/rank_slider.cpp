// SPDX-License-Identifier: GPL-3.0-or-later
/// The slider of a rank.
#include "views/rank_slider.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kHeight = 44;
constexpr int kGrooveY = 16;
constexpr int kGroove = 4;
constexpr int kKnob = 14;
constexpr int kMarkLength = 4;
constexpr int kPage = 8;

}  // namespace

RankSlider::RankSlider(QWidget* parent) : QAbstractSlider(parent) {
  setOrientation(Qt::Horizontal);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setSingleStep(1);
  setPageStep(kPage);
  setRange(1, 1);
  setStream(stream_);
}

void RankSlider::setStream(Stream stream) {
  stream_ = stream;
  setAccessibleName(QStringLiteral("Rank of ") + streamName(stream));
  update();
}

void RankSlider::setMarks(const std::vector<RankMark>& marks) {
  marks_ = marks;
  update();
}

void RankSlider::setMeasuredRank(std::optional<int64_t> rank) {
  measured_ = rank;
  update();
}

QSize RankSlider::sizeHint() const { return {px(160), px(kHeight)}; }

double RankSlider::xOf(int64_t rank) const {
  const double left = px(kKnob) / 2.0 + 1;
  const double room = width() - 2 * left;
  if (maximum() <= 1) return left;
  return left +
         room * std::log2(static_cast<double>(std::max<int64_t>(1, rank))) / std::log2(maximum());
}

int RankSlider::rankAt(double x) const {
  const double left = px(kKnob) / 2.0 + 1;
  const double share = std::clamp((x - left) / (width() - 2 * left), 0.0, 1.0);
  return std::clamp(
      static_cast<int>(std::lround(std::exp2(share * std::log2(std::max(1, maximum()))))), 1,
      maximum());
}

void RankSlider::paintMarks(QPainter& painter) const {
  painter.setFont(textFont(11));
  const int top = px(kGrooveY) + px(kGroove) / 2 + px(4);
  double last_right = -1;
  for (const RankMark& mark : marks_) {
    const double x = xOf(mark.rank);
    painter.fillRect(QRectF(x, top, 1, px(kMarkLength)), roles().control);
    const double label_width = painter.fontMetrics().horizontalAdvance(mark.label);
    const double left = std::clamp(x - label_width / 2, 0.0, width() - label_width);
    if (left < last_right + px(4))
      continue;  // the mark stays, its label would touch the one before
    last_right = left + label_width;
    painter.setPen(roles().text2);
    painter.drawText(QRectF(left, top + px(kMarkLength), label_width + 1, px(15)), Qt::AlignVCenter,
                     mark.label);
  }
}

void RankSlider::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor colour = isEnabled() ? streamColour(stream_) : roles().control;
  const double y = px(kGrooveY);
  const double half = px(kGroove) / 2.0;
  const double x = xOf(value());
  painter.setPen(Qt::NoPen);
  painter.setBrush(roles().border);
  painter.drawRoundedRect(QRectF(1, y - half, width() - 2, 2 * half), half, half);
  painter.setBrush(colour);
  painter.drawRoundedRect(QRectF(1, y - half, x - 1, 2 * half), half, half);
  paintMarks(painter);
  if (measured_) {
    const QPointF tip(xOf(*measured_), y - half - px(1));
    QPainterPath triangle;
    triangle.addPolygon(
        QPolygonF({tip, tip + QPointF(-px(4), -px(6)), tip + QPointF(px(4), -px(6))}));
    painter.fillPath(triangle, colour);
  }
  const double radius = px(kKnob) / 2.0 - 1;
  painter.setPen(QPen(colour, 2.5 * themeScale()));
  painter.setBrush(roles().panel);
  painter.drawEllipse(QPointF(x, y), radius - 0.5, radius - 0.5);
  if (hasFocus()) {
    painter.setPen(QPen(roles().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(QPointF(x, y), radius + 3, radius + 3);
  }
}

void RankSlider::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  setSliderDown(true);
  setValue(rankAt(event->position().x()));
}

void RankSlider::mouseMoveEvent(QMouseEvent* event) {
  if (isSliderDown()) setValue(rankAt(event->position().x()));
}

void RankSlider::mouseReleaseEvent(QMouseEvent*) { setSliderDown(false); }

void RankSlider::wheelEvent(QWheelEvent* event) {
  const int steps = event->angleDelta().y() > 0 ? 1 : -1;
  setValue(value() + steps * ((event->modifiers() & Qt::ControlModifier) != 0 ? kPage : 1));
  event->accept();
}

}  // namespace xkv::views
