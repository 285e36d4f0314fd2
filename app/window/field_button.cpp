// SPDX-License-Identifier: GPL-3.0-or-later
/// Painting and opening a field of the tool bar.
#include "app/window/field_button.h"

#include <QPainter>

#include "views/icons.h"
#include "views/theme.h"

namespace xkv::window {
namespace {

using views::px;
using views::roles;

constexpr int kPadding = 8;
constexpr int kChevron = 12;
constexpr int kWidest = 260;

int badgeWidth(const std::optional<views::Badge>& badge) {
  return badge ? views::badgeSize().width() + px(kPadding) : 0;
}

}  // namespace

FieldButton::FieldButton(const QString& label, std::function<void(QMenu&)> fill, QWidget* parent)
    : QAbstractButton(parent), label_(label), fill_(std::move(fill)) {
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setAccessibleName(label);
  connect(this, &QAbstractButton::clicked, this, &FieldButton::openMenu);
}

void FieldButton::setValue(const QString& value, std::optional<views::Badge> badge) {
  value_ = value;
  badge_ = badge;
  setAccessibleDescription(value);
  setToolTip(label_ + QStringLiteral(": ") + value);
  updateGeometry();
  update();
}

void FieldButton::setLabelShown(bool shown) {
  label_shown_ = shown;
  updateGeometry();
  update();
}

int FieldButton::labelWidth() const {
  if (!label_shown_) return 0;
  return QFontMetrics(views::textFont(12)).horizontalAdvance(label_) + px(kPadding);
}

QSize FieldButton::sizeHint() const {
  const int value =
      qMin(px(kWidest), QFontMetrics(views::textFont(13)).horizontalAdvance(value_) + 2);
  return {labelWidth() + badgeWidth(badge_) + value + px(3 * kPadding + kChevron), px(28)};
}

QSize FieldButton::minimumSizeHint() const { return {px(96), px(28)}; }

void FieldButton::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(hasFocus() ? QPen(roles().accent, px(2)) : QPen(roles().control, 1));
  painter.setBrush(underMouse() ? roles().hover : roles().raised);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4));
  QRect line = rect().adjusted(px(kPadding), 0, -px(2 * kPadding + kChevron), 0);
  if (label_shown_) {
    painter.setFont(views::textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft, label_);
    line.setLeft(line.left() + labelWidth());
  }
  if (badge_) {
    views::paintBadge(painter, QPointF(line.left(), (height() - views::badgeSize().height()) / 2),
                      *badge_);
    line.setLeft(line.left() + badgeWidth(badge_));
  }
  painter.setFont(views::textFont(13));
  painter.setPen(isEnabled() ? roles().text : roles().text3);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft,
                   painter.fontMetrics().elidedText(value_, Qt::ElideRight, line.width()));
  painter.drawPixmap(QPointF(width() - px(kPadding + kChevron), (height() - px(kChevron)) / 2),
                     views::iconPixmap(QStringLiteral("chevron_down"), roles().text2,
                                       devicePixelRatioF(), kChevron));
}

void FieldButton::openMenu() {
  QMenu menu(this);
  fill_(menu);
  menu.setMinimumWidth(width());
  menu.exec(mapToGlobal(QPoint(0, height() + px(2))));
}

}  // namespace xkv::window
