// SPDX-License-Identifier: GPL-3.0-or-later
/// Copying the shipped session, and finding the shipped model.
#include "app/window/start_session.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include "app/window/settings.h"

namespace xkv::window {

QString workingSession() {
  const QDir folder(dataDir());
  const QString path = folder.filePath(QStringLiteral("demo.xkv"));
  if (QFileInfo::exists(path)) return path;
  folder.mkpath(QStringLiteral("."));
  const QString shipped = shippedFile(QStringLiteral("demo-session.xkv"));
  if (shipped.isEmpty()) return path;
  // Under a temporary name first: a copy that was cut must not be taken for the session next time.
  const QString partial = path + QStringLiteral(".part");
  QFile::remove(partial);
  if (!QFile::copy(shipped, partial)) return shipped;
  QFile::setPermissions(partial,
                        QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther);
  return QFile::rename(partial, path) ? path : shipped;
}

QString modelHere(const QString& model_dir) {
  if (model_dir.isEmpty() || QFileInfo(model_dir).isDir()) return model_dir;
  const QString shipped = shippedFile(QFileInfo(QDir::cleanPath(model_dir)).fileName());
  return shipped.isEmpty() ? model_dir : shipped;
}

}  // namespace xkv::window
