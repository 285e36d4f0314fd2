// SPDX-License-Identifier: GPL-3.0-or-later
/// Exit codes of PRODUCT.md and signals as sentences.
#include "app/window/engine_death.h"

#include <csignal>
#include <cstring>

namespace xkv::window {
namespace {

constexpr qsizetype kKeptLines = 200;
constexpr qsizetype kLongestLine = 4096;

ErrorKind kindOfCode(int code) {
  for (const ErrorKind kind :
       {ErrorKind::usage, ErrorKind::no_device, ErrorKind::out_of_memory, ErrorKind::bad_input,
        ErrorKind::try_again, ErrorKind::interrupted}) {
    if (exitCode(kind) == code) return kind;
  }
  return ErrorKind::failure;
}

QString wordsOfCode(int code) {
  switch (kindOfCode(code)) {
    case ErrorKind::usage:
      return QStringLiteral("wrong flags");
    case ErrorKind::no_device:
      return QStringLiteral("no usable device");
    case ErrorKind::out_of_memory:
      return QStringLiteral("out of memory");
    case ErrorKind::bad_input:
      return QStringLiteral("bad input");
    case ErrorKind::try_again:
      return QStringLiteral("try again");
    case ErrorKind::interrupted:
      return QStringLiteral("interrupted");
    case ErrorKind::failure:
      return code == 127 ? QStringLiteral("command not found") : QStringLiteral("failure");
  }
  return {};
}

QString nameOfSignal(int signal) {
  const char* name = sigabbrev_np(signal);
  return name ? QStringLiteral("SIG") + QLatin1String(name) : QStringLiteral("unknown");
}

}  // namespace

Error errorOfExit(QProcess::ExitStatus status, int code, const QString& doing) {
  const QString where = doing.isEmpty() ? QString() : QStringLiteral(", during: ") + doing;
  if (status == QProcess::CrashExit) {
    const auto who =
        code == SIGKILL ? QStringLiteral("was killed by the system") : QStringLiteral("crashed");
    const auto sentence = QStringLiteral("The engine %1 (signal %2, %3)%4")
                              .arg(who)
                              .arg(code)
                              .arg(nameOfSignal(code), where);
    // Signal 9 without a request of ours is nearly always the kernel's out-of-memory killer.
    return {code == SIGKILL ? ErrorKind::out_of_memory : ErrorKind::failure,
            sentence.toStdString()};
  }
  const auto sentence = QStringLiteral("The engine ended with exit code %1 (%2)%3")
                            .arg(code)
                            .arg(code == 0 ? QStringLiteral("no error") : wordsOfCode(code), where);
  return {kindOfCode(code), sentence.toStdString()};
}

void LogTail::feed(const QByteArray& bytes) {
  open_line_ += bytes;
  for (;;) {
    const qsizetype end = open_line_.indexOf('\n');
    if (end < 0 && open_line_.size() < kLongestLine) break;
    const qsizetype length = end < 0 ? kLongestLine : end;
    lines_.append(QString::fromUtf8(open_line_.left(length)));
    open_line_.remove(0, end < 0 ? length : length + 1);
    if (lines_.size() > kKeptLines) lines_.removeFirst();
  }
}

QStringList LogTail::lines() const {
  QStringList all = lines_;
  if (!open_line_.isEmpty()) all.append(QString::fromUtf8(open_line_));
  return all.mid(qMax<qsizetype>(0, all.size() - kKeptLines));
}

void LogTail::clear() {
  lines_.clear();
  open_line_.clear();
}

}  // namespace xkv::window
