// SPDX-License-Identifier: GPL-3.0-or-later
/// The window's own icons, tinted in a role's colour when they are loaded.
#pragma once

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace xkv::views {

/// `name` is a file of resources/icons: run, stop, pin, maximise, restore, close, plus, search,
/// chevron_{down,right,up,left}, info, warning, copy, note, folder, save, open_file, restart,
/// check.
QPixmap iconPixmap(const QString& name, const QColor& colour, double pixel_ratio,
                   int design_px = 16);

/// For buttons and actions: `text` colour, `text3` where disabled. Make it anew on
/// QEvent::StyleChange.
QIcon icon(const QString& name);
QIcon icon(const QString& name, const QColor& colour);

}  // namespace xkv::views
