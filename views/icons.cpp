// SPDX-License-Identifier: GPL-3.0-or-later
/// The window's own icons, tinted in a role's colour when they are loaded.
#include "views/icons.h"

#include <QPainter>
#include <QSvgRenderer>
#include <cmath>

#include "views/theme.h"

namespace xkv::views {

QPixmap iconPixmap(const QString& name, const QColor& colour, double pixel_ratio, int design_px) {
  const int side = static_cast<int>(std::lround(px(design_px) * pixel_ratio));
  QPixmap pixmap(side, side);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  QSvgRenderer(QStringLiteral(":/xkv/icons/%1.svg").arg(name)).render(&painter);
  painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
  painter.fillRect(pixmap.rect(), colour);
  painter.end();
  pixmap.setDevicePixelRatio(pixel_ratio);
  return pixmap;
}

QIcon icon(const QString& name, const QColor& colour) {
  QIcon result;
  for (const double pixel_ratio : {1.0, 1.25, 1.5, 2.0}) {
    result.addPixmap(iconPixmap(name, colour, pixel_ratio));
    result.addPixmap(iconPixmap(name, roles().text3, pixel_ratio), QIcon::Disabled);
  }
  return result;
}

QIcon icon(const QString& name) { return icon(name, roles().text); }

}  // namespace xkv::views
