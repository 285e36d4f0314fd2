// SPDX-License-Identifier: GPL-3.0-or-later
/// Painting a chip.
#include "app/window/chip.h"

#include <QPainter>

#include "views/theme.h"

namespace xkv::window {

using views::px;
using views::roles;

Chip::Chip(const QString& name, QWidget* parent) : QWidget(parent) {
  setAccessibleName(name);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Chip::setState(ChipTone tone, const QString& text, const QString& reason) {
  tone_ = tone;
  text_ = text;
  setToolTip(reason);
  setAccessibleDescription(text + QStringLiteral(". ") + reason);
  setVisible(!text.isEmpty());
  updateGeometry();
  update();
}

QSize Chip::sizeHint() const {
  return {QFontMetrics(views::textFont(12)).horizontalAdvance(text_) + px(36), px(22)};
}

QColor Chip::discColour() const {
  switch (tone_) {
    case ChipTone::neutral:
      return roles().text3;
    case ChipTone::good:
      return roles().good;
    case ChipTone::busy:
      return roles().warning;
    case ChipTone::bad:
      return roles().bad;
  }
  return roles().text3;
}

void Chip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(roles().border, 1));
  painter.setBrush(roles().panel);
  const QRectF pill = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
  painter.setPen(Qt::NoPen);
  painter.setBrush(discColour());
  painter.drawEllipse(QPointF(px(14), height() / 2.0), px(4), px(4));
  painter.setPen(tone_ == ChipTone::bad ? roles().bad : roles().text);
  painter.setFont(views::textFont(12));
  painter.drawText(rect().adjusted(px(24), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text_);
}

}  // namespace xkv::window
