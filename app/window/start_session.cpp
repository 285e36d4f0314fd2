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

bool isCapturedCache(const QString& path) {
  return path.endsWith(QStringLiteral(".safetensors"), Qt::CaseInsensitive);
}

std::optional<Error> wrongFile(const QString& path) {
  if (path.isEmpty()) return std::nullopt;
  const QFileInfo file(path);
  const auto wrong = [&](const char* why) {
    return Error{ErrorKind::bad_input, path.toStdString() + ": " + why};
  };
  if (file.isDir()) return wrong("is a folder; a session or a captured cache is needed");
  if (isCapturedCache(path) && !file.exists()) return wrong("there is no such file");
  if (file.exists() && !file.isReadable()) return wrong("cannot be read");
  if (!QFileInfo(file.absolutePath()).isDir()) return wrong("its folder is not there");
  return std::nullopt;
}

QString modelHere(const QString& model_dir) {
  if (model_dir.isEmpty() || QFileInfo(model_dir).isDir()) return model_dir;
  const QString shipped = shippedFile(QFileInfo(QDir::cleanPath(model_dir)).fileName());
  return shipped.isEmpty() ? model_dir : shipped;
}

}  // namespace xkv::window
