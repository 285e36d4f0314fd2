// SPDX-License-Identifier: GPL-3.0-or-later
/// Pictures of widgets held against stored ones, pixel for pixel.
#include "tests/views/golden.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QPainter>
#include <QWidget>

#include "views/tooltip.h"

namespace xkv::views {
namespace {

QImage difference(const QImage& a, const QImage& b) {
  QImage marked(a.size(), QImage::Format_RGB32);
  for (int y = 0; y < a.height(); ++y) {
    for (int x = 0; x < a.width(); ++x) {
      const bool same = b.rect().contains(x, y) && a.pixel(x, y) == b.pixel(x, y);
      marked.setPixel(x, y, same ? qRgb(240, 240, 240) : qRgb(220, 0, 90));
    }
  }
  return marked;
}

QString buildFolder() { return QStringLiteral(XKV_BINARY_DIR "/golden"); }

void paintTooltips(const QWidget& widget, QImage& picture) {
  QPainter painter(&picture);
  for (Tooltip* tooltip : widget.findChildren<Tooltip*>()) {
    if (!tooltip->isVisible()) continue;
    const QPoint place = widget.mapFromGlobal(tooltip->geometry().topLeft());
    painter.drawImage(place, tooltip->grab().toImage());
  }
}

}  // namespace

QImage grabbed(QWidget& widget, QSize size, ThemeKind kind) {
  applyTheme(*qApp, kind);
  widget.resize(size);
  widget.show();
  for (int i = 0; i < 3; ++i) QApplication::processEvents();
  // Which widget Qt focuses first is not what a picture is about.
  if (QWidget* focused = widget.focusWidget()) focused->clearFocus();
  QImage picture = widget.grab().toImage().convertToFormat(QImage::Format_RGB32);
  paintTooltips(widget, picture);
  return picture;
}

::testing::AssertionResult matchesGolden(const QImage& picture, const QString& name,
                                         const QString& folder) {
  const QString stored = QStringLiteral(XKV_SOURCE_DIR "/tests/%1/golden/%2.png").arg(folder, name);
  if (qEnvironmentVariableIntValue("XKV_UPDATE_GOLDEN") == 1) {
    QDir().mkpath(QFileInfo(stored).path());
    if (picture.save(stored)) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << stored.toStdString() << " cannot be written";
  }
  const QImage golden = QImage(stored).convertToFormat(QImage::Format_RGB32);
  if (golden == picture) return ::testing::AssertionSuccess();
  QDir().mkpath(buildFolder());
  const QString actual = QStringLiteral("%1/%2-%3").arg(buildFolder(), folder, name);
  picture.save(actual + QStringLiteral(".png"));
  difference(picture, golden).save(actual + QStringLiteral("-diff.png"));
  return ::testing::AssertionFailure()
         << stored.toStdString() << (golden.isNull() ? " is missing" : " differs")
         << "; the picture is " << actual.toStdString() << ".png";
}

::testing::AssertionResult matchesGoldens(QWidget& widget, QSize size, const QString& name,
                                          const QString& folder) {
  auto light = matchesGolden(grabbed(widget, size, ThemeKind::light),
                             name + QStringLiteral("-light"), folder);
  auto dark =
      matchesGolden(grabbed(widget, size, ThemeKind::dark), name + QStringLiteral("-dark"), folder);
  if (light && dark) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << light.message() << (light ? "" : "\n") << dark.message();
}

}  // namespace xkv::views
