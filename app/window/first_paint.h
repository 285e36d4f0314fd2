// SPDX-License-Identifier: GPL-3.0-or-later
/// How long the window takes from exec to its first paint, and to its first run on the screen.
#pragma once

#include <QObject>

class QWidget;

namespace xkv::window {

/// Milliseconds since this process was started by the kernel, in steps of 10 ms.
qint64 sinceExec_ms();

/// Waits for the first paint of a window.
class FirstPaint : public QObject {
  Q_OBJECT

 public:
  explicit FirstPaint(QWidget* window);

 Q_SIGNALS:
  void painted();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace xkv::window
