// SPDX-License-Identifier: GPL-3.0-or-later
/// One choice of a few, side by side: Keys | Values | Both.
#include "views/segmented_switch.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include "views/theme.h"

namespace xkv::views {
namespace {
constexpr int kHeight = 20;
constexpr int kPadding = 8;
constexpr int kTextPx = 12;
constexpr int kRadius = 4;
constexpr int kFocusGap = 2;  // room for the focus ring, 2 px wide and 1 px off
}  // namespace

SegmentedSwitch::SegmentedSwitch(const QString& name, const QStringList& labels, QWidget* parent)
    : QWidget(parent), name_(name), labels_(labels) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(name);
  sayChoice();
}

void SegmentedSwitch::setCurrentIndex(int index) {
  if (index < -1 || index >= labels_.size()) return;
  current_ = index;
  sayChoice();
  update();
}

void SegmentedSwitch::setLabels(const QStringList& labels) {
  labels_ = labels;
  current_ = std::min(current_, static_cast<int>(labels.size()) - 1);
  sayChoice();
  updateGeometry();
  update();
}

void SegmentedSwitch::sayChoice() {
  setAccessibleDescription(labels_.value(current_));  // empty where nothing is chosen
}

int SegmentedSwitch::segmentWidth(int index) const {
  // The chosen label is heavier: measure all of them heavy, so that nothing moves on a click.
  const QFontMetrics metrics(textFont(kTextPx, QFont::Medium));
  return metrics.horizontalAdvance(labels_[index]) + 2 * px(kPadding);
}

QSize SegmentedSwitch::sizeHint() const {
  int width = 2 * kFocusGap;
  for (int i = 0; i < labels_.size(); ++i) width += segmentWidth(i);
  return {width, px(kHeight) + 2 * kFocusGap};
}

int SegmentedSwitch::segmentAt(int x) const {
  int right = kFocusGap;
  for (int i = 0; i < labels_.size(); ++i) {
    right += segmentWidth(i);
    if (x < right) return i;
  }
  return static_cast<int>(labels_.size()) - 1;
}

void SegmentedSwitch::paintSegment(QPainter& painter, const QRect& segment, int index) const {
  const bool chosen = index == current_;
  if (chosen) {
    painter.fillRect(segment, roles().accent);
  } else if (index == hovered_ && isEnabled()) {
    painter.fillRect(segment, roles().hover);
  }
  painter.setFont(textFont(kTextPx, chosen ? QFont::Medium : QFont::Normal));
  painter.setPen(!isEnabled() ? roles().text3 : chosen ? roles().on_accent : roles().text);
  painter.drawText(segment, Qt::AlignCenter, labels_[index]);
}

void SegmentedSwitch::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const int gap = kFocusGap;
  const QRectF frame = QRectF(rect()).adjusted(gap + 0.5, gap + 0.5, -gap - 0.5, -gap - 0.5);
  QPainterPath shape;
  shape.addRoundedRect(frame, px(kRadius), px(kRadius));
  painter.fillPath(shape, roles().raised);
  painter.setClipPath(shape);
  int x = gap;
  for (int i = 0; i < labels_.size(); ++i) {
    const QRect segment(x, gap, segmentWidth(i), height() - 2 * gap);
    paintSegment(painter, segment, i);
    x += segment.width();
    if (i + 1 < labels_.size()) painter.fillRect(x - 1, gap, 1, height(), roles().control);
  }
  painter.setClipping(false);
  painter.setPen(QPen(roles().control, 1));
  painter.drawPath(shape);
  if (hasFocus()) {
    painter.setPen(QPen(roles().accent, 2));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), px(kRadius) + 1,
                            px(kRadius) + 1);
  }
}

void SegmentedSwitch::choose(int index) {
  if (index < 0 || index >= labels_.size() || index == current_) return;
  setCurrentIndex(index);
  Q_EMIT currentChanged(index);
}

void SegmentedSwitch::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) choose(segmentAt(qRound(event->position().x())));
}

void SegmentedSwitch::mouseMoveEvent(QMouseEvent* event) {
  hovered_ = segmentAt(qRound(event->position().x()));
  update();
}

void SegmentedSwitch::leaveEvent(QEvent*) {
  hovered_ = -1;
  update();
}

void SegmentedSwitch::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Left) {
    choose(current_ - 1);
  } else if (event->key() == Qt::Key_Right) {
    choose(current_ + 1);
  } else {
    QWidget::keyPressEvent(event);
  }
}

}  // namespace xkv::views
