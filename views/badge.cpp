// SPDX-License-Identifier: GPL-3.0-or-later
/// Letter badges: A and B for runs, K, V, L and R for streams.
#include "views/badge.h"

#include <QPainter>

#include "views/colour_maps.h"
#include "views/theme.h"

namespace xkv::views {
namespace {
constexpr int kSide = 16;
constexpr int kTextPx = 11;
constexpr int kRadius = 2;

QString spokenName(Badge badge) {
  switch (badge) {
    case Badge::a:
      return QStringLiteral("A, baseline");
    case Badge::b:
      return QStringLiteral("B, selected run");
    case Badge::keys:
      return QStringLiteral("keys");
    case Badge::values:
      return QStringLiteral("values");
    case Badge::latents:
      return QStringLiteral("latents");
    case Badge::rope_keys:
      return QStringLiteral("RoPE keys");
  }
  return {};
}
}  // namespace

QString badgeLetter(Badge badge) {
  constexpr char16_t kLetters[] = u"ABKVLR";
  return QString(QChar(kLetters[static_cast<int>(badge)]));
}

QColor badgeColour(Badge badge) {
  switch (badge) {
    case Badge::a:
      return roles().run_a;
    case Badge::b:
      return roles().run_b;
    case Badge::keys:
    case Badge::latents:
      return roles().keys;
    case Badge::values:
    case Badge::rope_keys:
      return roles().values;
  }
  return {};
}

QSize badgeSize() { return {px(kSide), px(kSide)}; }

void paintBadge(QPainter& painter, QPointF top_left, Badge badge) {
  const QRectF box(top_left, QSizeF(badgeSize()));
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(badgeColour(badge));
  painter.drawRoundedRect(box, px(kRadius), px(kRadius));
  painter.setFont(textFont(kTextPx, QFont::Bold));
  painter.setPen(textOn(badgeColour(badge).rgb()));
  painter.drawText(box, Qt::AlignCenter, badgeLetter(badge));
  painter.restore();
}

BadgeLabel::BadgeLabel(Badge badge, QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setBadge(badge);
}

void BadgeLabel::setBadge(Badge badge) {
  badge_ = badge;
  setAccessibleName(spokenName(badge));
  update();
}

void BadgeLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintBadge(painter, {0, 0}, badge_);
}

}  // namespace xkv::views
