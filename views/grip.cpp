// SPDX-License-Identifier: GPL-3.0-or-later
/// The arrow's outline.
#include "views/grip.h"

#include <QPainter>
#include <QPainterPath>

#include "views/theme.h"

namespace xkv::views {

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

}  // namespace xkv::views
