// SPDX-License-Identifier: GPL-3.0-or-later
/// Settings and state as two ini files. A file that cannot be read gives the defaults.
#include "app/window/settings.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace xkv::window {
namespace {

constexpr int kRecentFiles = 8;
// Raised when a layout of an older version would no longer fit the panels.
constexpr int kLayoutVersion = 1;

QString xdgDir(const char* variable, const char* fallback) {
  const QString value = qEnvironmentVariable(variable);
  // The specification has relative paths ignored.
  const QString base =
      QDir::isAbsolutePath(value) ? value : QDir::home().filePath(QLatin1String(fallback));
  return QDir(base).filePath(QStringLiteral("xkv-scope"));
}

QString settingsPath() { return QDir(configDir()).filePath(QStringLiteral("settings.ini")); }
QString statePath() { return QDir(stateDir()).filePath(QStringLiteral("window.ini")); }

double nearestScale(double wanted) {
  for (const double scale : {1.0, 1.25, 1.5, 2.0}) {
    if (wanted <= scale) return scale;
  }
  return 2;
}

}  // namespace

QString configDir() { return xdgDir("XDG_CONFIG_HOME", ".config"); }
QString dataDir() { return xdgDir("XDG_DATA_HOME", ".local/share"); }
QString stateDir() { return xdgDir("XDG_STATE_HOME", ".local/state"); }

QString shippedFile(const QString& name) {
  QStringList folders;
  if (qEnvironmentVariableIsSet("XKV_RESOURCES"))
    folders.append(qEnvironmentVariable("XKV_RESOURCES"));
  folders.append(
      QDir(QCoreApplication::applicationDirPath()).filePath(QStringLiteral("../share/xkv-scope")));
  folders.append(QStringLiteral(XKV_RESOURCE_DIR));
  for (const QString& folder : folders) {
    const QFileInfo file(QDir(folder).filePath(name));
    if (file.exists()) return file.canonicalFilePath();
  }
  return {};
}

Settings Settings::load() {
  const QSettings file(settingsPath(), QSettings::IniFormat);
  Settings settings;
  if (file.value(QStringLiteral("theme")).toString() == QLatin1String("dark"))
    settings.theme = views::ThemeKind::dark;
  settings.scale = nearestScale(file.value(QStringLiteral("scale"), 1.0).toDouble());
  settings.engine = file.value(QStringLiteral("engine")).toString();
  return settings;
}

void Settings::save() const {
  QSettings file(settingsPath(), QSettings::IniFormat);
  file.setValue(QStringLiteral("theme"),
                theme == views::ThemeKind::dark ? QStringLiteral("dark") : QStringLiteral("light"));
  file.setValue(QStringLiteral("scale"), scale);
  file.setValue(QStringLiteral("engine"), engine);
}

WindowState WindowState::load() {
  const QSettings file(statePath(), QSettings::IniFormat);
  WindowState state;
  state.recent_files = file.value(QStringLiteral("recent_files")).toStringList();
  state.hint = file.value(QStringLiteral("hint"), 0).toInt();
  state.model_dir = file.value(QStringLiteral("model_dir")).toString();
  if (file.value(QStringLiteral("layout_version")).toInt() == kLayoutVersion) {
    state.geometry = file.value(QStringLiteral("geometry")).toByteArray();
    state.layout = file.value(QStringLiteral("layout")).toByteArray();
  }
  return state;
}

void WindowState::save() const {
  QSettings file(statePath(), QSettings::IniFormat);
  file.setValue(QStringLiteral("recent_files"), recent_files);
  file.setValue(QStringLiteral("hint"), hint);
  file.setValue(QStringLiteral("model_dir"), model_dir);
  file.setValue(QStringLiteral("layout_version"), kLayoutVersion);
  file.setValue(QStringLiteral("geometry"), geometry);
  file.setValue(QStringLiteral("layout"), layout);
}

void WindowState::addRecent(const QString& path) {
  recent_files.removeAll(path);
  recent_files.prepend(path);
  while (recent_files.size() > kRecentFiles) recent_files.removeLast();
}

}  // namespace xkv::window
