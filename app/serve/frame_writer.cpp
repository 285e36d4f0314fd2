// SPDX-License-Identifier: Apache-2.0
/// Writing whole frames, and holding back what would flood the window.
#include "app/serve/frame_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <span>

namespace xkv {
namespace {

constexpr auto kTick = std::chrono::milliseconds(34);  // just under 30 a second

/// All bytes, however often the pipe is full. 0, or the errno that ended it.
int writeAll(int fd, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

Status FrameWriter::write(const Message& message) { return write(std::vector<Message>{message}); }

Status FrameWriter::write(const std::vector<Message>& messages) {
  std::vector<uint8_t> bytes;
  for (const Message& message : messages) {
    const auto frame = encodeFrame(message);
    if (frame.size() > kMaxFrameBytes) {
      return failure(ErrorKind::failure,
                     "a result of " + std::to_string(frame.size()) + " bytes is above the " +
                         std::to_string(kMaxFrameBytes) + " bytes that a frame can hold");
    }
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  const std::lock_guard lock(mutex_);
  if (broken_) return Failure(*broken_);
  if (const int code = writeAll(output_fd_, bytes)) {
    broken_ =
        Error{ErrorKind::interrupted, std::string("the window has gone: ") + std::strerror(code)};
    return Failure(*broken_);
  }
  return {};
}

ThrottledReplies::ThrottledReplies(uint64_t request_id, FrameWriter& writer)
    : request_id_(request_id),
      writer_(writer),
      last_flush_(Clock::now() - kTick),
      ticker_([this](std::stop_token stop) { tick(stop); }) {}

ThrottledReplies::~ThrottledReplies() {
  ticker_.request_stop();
  ticker_.join();
}

Status ThrottledReplies::onRecord(const Record& record) {
  const std::lock_guard lock(mutex_);
  if (broken_) return Failure(*broken_);
  const bool waits = std::holds_alternative<TokenRecord>(record) ||
                     std::holds_alternative<TimelineRecord>(record) ||
                     std::holds_alternative<ProgressRecord>(record);
  if (waits) {
    hold(record);
    if (Clock::now() - last_flush_ >= kTick) return flushLocked();
    wake_.notify_one();
    return {};
  }
  if (auto flushed = flushLocked(); !flushed) return flushed;
  return writer_.write(RecordReply{request_id_, record});
}

Status ThrottledReplies::flush() {
  const std::lock_guard lock(mutex_);
  if (broken_) return Failure(*broken_);
  return flushLocked();
}

void ThrottledReplies::hold(const Record& record) {
  if (const auto* progress = std::get_if<ProgressRecord>(&record)) {
    progress_ = *progress;
  } else if (const auto* part = std::get_if<TimelineRecord>(&record)) {
    timeline_.spans.insert(timeline_.spans.end(), part->spans.begin(), part->spans.end());
    timeline_.cache_samples.insert(timeline_.cache_samples.end(), part->cache_samples.begin(),
                                   part->cache_samples.end());
    timeline_.dropped_spans += part->dropped_spans;
  } else {
    tokens_.push_back(RecordReply{request_id_, record});
  }
}

Status ThrottledReplies::flushLocked() {
  last_flush_ = Clock::now();
  std::vector<Message> messages = std::exchange(tokens_, {});
  if (timeline_ != TimelineRecord{}) {
    messages.push_back(RecordReply{request_id_, std::exchange(timeline_, {})});
  }
  if (progress_) messages.push_back(RecordReply{request_id_, *std::exchange(progress_, {})});
  if (messages.empty()) return {};
  auto written = writer_.write(messages);
  if (!written) broken_ = written.error();
  return written;
}

void ThrottledReplies::tick(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto somethingWaits = [this] {
    return !tokens_.empty() || timeline_ != TimelineRecord{} || progress_.has_value();
  };
  while (wake_.wait(lock, stop, somethingWaits)) {
    // A second wait that nothing but the stop ends early: it lasts until the tick is due.
    wake_.wait_until(lock, stop, last_flush_ + kTick, [] { return false; });
    if (stop.stop_requested()) return;
    static_cast<void>(flushLocked());
  }
}

}  // namespace xkv
