// SPDX-License-Identifier: GPL-3.0-or-later
/// A clock in the window's thread that notices when the thread stands still.
#pragma once

#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QTimer>
#include <fstream>

namespace xkv::window {

#ifndef XKV_HEARTBEAT_MS
#define XKV_HEARTBEAT_MS 100
#endif

/// Ticks every 5 ms while events are processed; fails the test when two ticks are too far apart.
/// Time in which the thread was ready but had no CPU does not count: other programs are not what is
/// tested.
class Heartbeat {
 public:
  Heartbeat() {
    QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] { beat(); });
    timer_.start(5);
  }
  ~Heartbeat() { EXPECT_LE(longest_ms_, XKV_HEARTBEAT_MS) << "the window's thread stood still"; }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  void beat() {
    const qint64 waited_ns = waitedForCpu_ns();
    if (last_.isValid()) {
      longest_ms_ = qMax(longest_ms_, last_.elapsed() - (waited_ns - last_waited_ns_) / 1000000);
    }
    last_waited_ns_ = waited_ns;
    last_.start();
  }

  /// Second number of the kernel's schedstat; 0 where the kernel keeps none.
  static qint64 waitedForCpu_ns() {
    std::ifstream file("/proc/thread-self/schedstat");
    qint64 ran_ns = 0;
    qint64 waited_ns = 0;
    file >> ran_ns >> waited_ns;
    return waited_ns;
  }

  QTimer timer_;
  QElapsedTimer last_;
  qint64 last_waited_ns_ = 0;
  qint64 longest_ms_ = 0;
};

}  // namespace xkv::window
