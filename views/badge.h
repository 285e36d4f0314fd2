// SPDX-License-Identifier: GPL-3.0-or-later
/// Letter badges: A and B for runs, K, V, L and R for streams. A colour never stands alone.
#pragma once

#include <QWidget>

class QPainter;

namespace xkv::views {

enum class Badge { a, b, keys, values, latents, rope_keys };

/// "A", "B", "K", "V", "L", "R"
QString badgeLetter(Badge badge);
QColor badgeColour(Badge badge);
/// 16 x 16 design px.
QSize badgeSize();
void paintBadge(QPainter& painter, QPointF top_left, Badge badge);

class BadgeLabel : public QWidget {
  Q_OBJECT
 public:
  explicit BadgeLabel(Badge badge, QWidget* parent = nullptr);
  void setBadge(Badge badge);
  QSize sizeHint() const override { return badgeSize(); }
  QSize minimumSizeHint() const override { return badgeSize(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Badge badge_ = Badge::a;
};

}  // namespace xkv::views
