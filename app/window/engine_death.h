// SPDX-License-Identifier: GPL-3.0-or-later
/// How the engine's process ended, as one sentence for the error card, with its log.
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

#include "profiling/records/result.h"

namespace xkv::window {

struct EngineDeath {
  Error error;      ///< one sentence: exit code, or signal number and name, and what it was doing
  QStringList log;  ///< its last lines on standard error
};

/// "The engine was killed by the system (signal 9, SIGKILL) while factoring group 3". `doing` may
/// be empty.
Error errorOfExit(QProcess::ExitStatus status, int code, const QString& doing);

/// The last lines of a stream that comes in pieces.
class LogTail {
 public:
  void feed(const QByteArray& bytes);
  QStringList lines() const;
  void clear();

 private:
  QStringList lines_;
  QByteArray open_line_;
};

}  // namespace xkv::window
