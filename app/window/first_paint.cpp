// SPDX-License-Identifier: GPL-3.0-or-later
/// The kernel's own start time of this process, and a filter for the first paint event.
#include "app/window/first_paint.h"

#include <unistd.h>

#include <QEvent>
#include <QFile>
#include <QTimer>
#include <QWidget>
#include <ctime>

namespace xkv::window {

qint64 sinceExec_ms() {
  QFile file(QStringLiteral("/proc/self/stat"));
  if (!file.open(QIODevice::ReadOnly)) return -1;
  const QByteArray stat = file.readAll();
  // The name in brackets may hold spaces: count from behind it. starttime is field 22, the name
  // field 2.
  const auto fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.size() < 20) return -1;
  const qint64 start_ms = fields[19].toLongLong() * 1000 / sysconf(_SC_CLK_TCK);
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000 - start_ms;
}

FirstPaint::FirstPaint(QWidget* window) : QObject(window) { window->installEventFilter(this); }

bool FirstPaint::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Paint) {
    watched->removeEventFilter(this);
    // The paint of all children ends with this pass of the event loop.
    QTimer::singleShot(0, this, &FirstPaint::painted);
  }
  return QObject::eventFilter(watched, event);
}

}  // namespace xkv::window
