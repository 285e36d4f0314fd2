// SPDX-License-Identifier: Apache-2.0
/// Frames to a descriptor: results at once, what only moves on the screen at most 30 times a
/// second.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "app/serve/frames.h"
#include "profiling/run_observer.h"

namespace xkv {

/// Whole frames from any thread. A write that fails once fails for ever: the other side is gone.
class FrameWriter {
 public:
  explicit FrameWriter(int output_fd) : output_fd_(output_fd) {}
  Status write(const Message& message);
  /// Several messages in one system call where the pipe takes them.
  Status write(const std::vector<Message>& messages);

 private:
  std::mutex mutex_;
  int output_fd_;
  std::optional<Error> broken_;
};

/// The observer of one run: tokens, spans and progress wait for the next tick, progress keeps only
/// its latest, and everything that waits goes out before any result. The order of records is kept.
class ThrottledReplies : public RunObserver {
 public:
  ThrottledReplies(uint64_t request_id, FrameWriter& writer);
  ~ThrottledReplies() override;
  ThrottledReplies(const ThrottledReplies&) = delete;
  ThrottledReplies& operator=(const ThrottledReplies&) = delete;

  Status onRecord(const Record& record) override;
  Status flush();

 private:
  using Clock = std::chrono::steady_clock;

  void hold(const Record& record);
  Status flushLocked();
  void tick(std::stop_token stop);

  uint64_t request_id_;
  FrameWriter& writer_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Message> tokens_;
  TimelineRecord timeline_;
  std::optional<ProgressRecord> progress_;
  Clock::time_point last_flush_;
  std::optional<Error>
      broken_;  ///< a failed write of the ticking thread, told to the run at its next record
  std::jthread ticker_;
};

}  // namespace xkv
