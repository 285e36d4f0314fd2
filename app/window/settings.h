// SPDX-License-Identifier: GPL-3.0-or-later
/// What the window remembers, in the folders of the XDG base directory specification.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include "views/theme.h"

namespace xkv::window {

/// XDG_CONFIG_HOME, XDG_DATA_HOME or XDG_STATE_HOME with their defaults, and the program's folder
/// in it.
QString configDir();
QString dataDir();
QString stateDir();

/// A file shipped with the program: XKV_RESOURCES, else ../share/xkv-scope beside the program, else
/// the source tree it was built from. Empty when it is nowhere.
QString shippedFile(const QString& name);

/// What the user chose: kept in the config folder.
struct Settings {
  views::ThemeKind theme = views::ThemeKind::light;
  double scale = 1;  ///< 1, 1.25, 1.5 or 2
  QString engine;  ///< a command line such as "ssh host xkv serve"; empty = xkv beside this program

  static Settings load();
  void save() const;
};

/// What happened to be: kept in the state folder, and lost without harm.
struct WindowState {
  QByteArray geometry;
  QByteArray layout;
  QStringList recent_files;  ///< newest first
  int hint = 0;              ///< how many first-run hints are done
  QString model_dir;         ///< of the last run

  static WindowState load();
  void save() const;
  void addRecent(const QString& path);
};

}  // namespace xkv::window
