// SPDX-License-Identifier: GPL-3.0-or-later
/// Pictures of widgets held against stored ones, pixel for pixel.
#pragma once

#include <gtest/gtest.h>

#include <QImage>
#include <QSize>
#include <QString>

#include "views/theme.h"

class QWidget;

namespace xkv::views {

/// Themes the program, shows the widget offscreen at this size and returns what it looks like, its
/// visible tooltip painted on it.
QImage grabbed(QWidget& widget, QSize size, ThemeKind kind);

/// `tests/<folder>/golden/<name>.png` against the picture. On a mismatch the picture and the difference
/// are written to <build>/golden/. With XKV_UPDATE_GOLDEN=1 the stored picture is written instead.
::testing::AssertionResult matchesGolden(const QImage& picture, const QString& name,
                                         const QString& folder = QStringLiteral("views"));

/// Both themes of one widget: <name>-light.png and <name>-dark.png.
::testing::AssertionResult matchesGoldens(QWidget& widget, QSize size, const QString& name,
                                          const QString& folder = QStringLiteral("views"));

}  // namespace xkv::views
