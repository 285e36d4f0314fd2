// SPDX-License-Identifier: Apache-2.0
/// The reading thread, the running thread and the answering thread of `xkv serve`.
#include "app/serve/server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "app/serve/frame_writer.h"

namespace xkv {
namespace {

/// Jobs of one thread, done in order. Each job can be stopped by its id while it waits or runs.
class JobQueue {
 public:
  using Job = std::function<void(std::stop_token)>;

  JobQueue() : thread_([this] { work(); }) {}
  ~JobQueue() {
    stopAll();
    thread_.join();
  }
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  void push(uint64_t id, Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({id, std::move(job), {}});
    changed_.notify_all();
  }

  void stop(uint64_t id) {
    const std::lock_guard lock(mutex_);
    for (Entry& entry : jobs_) {
      if (entry.id == id) entry.stop.request_stop();
    }
    if (running_id_ == id) running_stop_.request_stop();
  }

  /// No further jobs; what runs is asked to stop. Jobs that wait are dropped.
  void stopAll() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    jobs_.clear();
    running_stop_.request_stop();
    changed_.notify_all();
  }

  bool finishedWithin(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return done_; });
  }

 private:
  struct Entry {
    uint64_t id;
    Job job;
    std::stop_source stop;
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
      if (closed_) break;
      Entry entry = std::move(jobs_.front());
      jobs_.pop_front();
      running_id_ = entry.id;
      running_stop_ = entry.stop;
      lock.unlock();
      entry.job(entry.stop.get_token());
      lock.lock();
      running_id_ = 0;
    }
    done_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> jobs_;
  uint64_t running_id_ = 0;
  std::stop_source running_stop_;
  bool closed_ = false;
  bool done_ = false;
  std::thread thread_;
};

class Server {
 public:
  Server(const Service& service, int output_fd) : service_(service), writer_(output_fd) {}

  Status greet(const Hello& hello) { return writer_.write(hello); }

  /// false = the other side wants no more.
  bool handle(Message message) {
    if (const auto* request = std::get_if<RunRequest>(&message)) {
      runs_.push(request->id,
                 [this, request = *request](std::stop_token stop) { run(request, stop); });
    } else if (const auto* cancel = std::get_if<CancelRequest>(&message)) {
      runs_.stop(cancel->id);
    } else if (const auto* info = std::get_if<InfoRequest>(&message)) {
      infos_.push(info->id, [this, info = *info](std::stop_token) { describe(info); });
    } else if (std::holds_alternative<Shutdown>(message)) {
      return false;
    } else if (!std::holds_alternative<Hello>(message)) {
      static_cast<void>(writer_.write(
          ErrorReply{0, {ErrorKind::bad_input, "a frame came that only the engine may send"}}));
    }
    return true;
  }

  void complain(const Error& error) { static_cast<void>(writer_.write(ErrorReply{0, error})); }

  bool stopWithin(std::chrono::milliseconds grace) {
    infos_.stopAll();
    runs_.stopAll();
    return runs_.finishedWithin(grace) && infos_.finishedWithin(grace);
  }

 private:
  void run(const RunRequest& request, std::stop_token stop) {
    Status ended;
    {
      ThrottledReplies replies(request.id, writer_);
      ended = service_.run(request.spec, replies, stop);
      if (auto flushed = replies.flush(); !flushed && ended) ended = flushed;
    }
    // The window that would read the answer may be gone; the reading thread learns that by itself.
    if (ended) {
      static_cast<void>(writer_.write(DoneReply{request.id}));
    } else {
      static_cast<void>(writer_.write(ErrorReply{request.id, ended.error()}));
    }
  }

  void describe(const InfoRequest& request) {
    auto model = service_.describe(request.model_dir);
    if (model) {
      static_cast<void>(writer_.write(InfoReply{request.id, std::move(*model)}));
    } else {
      static_cast<void>(writer_.write(ErrorReply{request.id, model.error()}));
    }
  }

  const Service& service_;
  FrameWriter writer_;
  JobQueue runs_;
  JobQueue infos_;
};

/// Bytes read, 0 at the end of the input.
Result<size_t> readSome(int fd, std::span<uint8_t> into) {
  for (;;) {
    const ssize_t count = ::read(fd, into.data(), into.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EAGAIN) {
      pollfd ready{fd, POLLIN, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return failure(ErrorKind::failure,
                     std::string("the requests cannot be read: ") + std::strerror(errno));
    }
  }
}

Status readUntilEnd(Server& server, int input_fd) {
  FrameReader reader;
  std::array<uint8_t, 65536> chunk;
  for (;;) {
    const auto count = readSome(input_fd, chunk);
    if (!count) return Failure(count.error());
    if (*count == 0) return {};
    reader.feed(std::span(chunk).first(*count));
    for (;;) {
      auto message = reader.next();
      if (!message) return Failure(message.error());
      if (!*message) break;
      if (!server.handle(std::move(**message))) return {};
    }
  }
}

}  // namespace

Result<int> claimStandardOutput() {
  std::fflush(stdout);
  const int frames_fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (frames_fd < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return failure(ErrorKind::failure, std::string("standard output cannot be kept for frames: ") +
                                           std::strerror(errno));
  }
  return frames_fd;
}

Status serve(const Service& service, ServeOptions options) {
  // A window that has died must end this process in order, not by a signal.
  ::signal(SIGPIPE, SIG_IGN);
  Server server(service, options.output_fd);
  if (auto greeted = server.greet(options.hello); !greeted) return greeted;
  const Status ended = readUntilEnd(server, options.input_fd);
  if (!ended) server.complain(ended.error());
  if (!server.stopWithin(options.grace)) {
    if (options.abandon) {
      options.abandon();
    } else {
      std::_Exit(exitCode(ErrorKind::interrupted));
    }
  }
  return ended;
}

}  // namespace xkv
