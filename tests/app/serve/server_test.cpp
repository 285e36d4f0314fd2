// SPDX-License-Identifier: Apache-2.0
/// The server over pipes, with runs that a test writes: order, throttling, cancel, end of input.
#include "app/serve/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

namespace xkv {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Pipe {
  Pipe() {
    if (::pipe(ends.data()) != 0) std::abort();
  }
  ~Pipe() {
    closeReader();
    closeWriter();
  }
  void closeReader() { ::close(std::exchange(ends[0], -1)); }
  void closeWriter() { ::close(std::exchange(ends[1], -1)); }
  std::array<int, 2> ends{-1, -1};
};

/// A server on a thread of its own, and the window's ends of its two pipes.
class Session {
 public:
  explicit Session(Service service, std::chrono::milliseconds grace = 5000ms)
      : service_(std::move(service)), thread_([this, grace] {
          ServeOptions options{{kFrameVersion, "test", "CPU, 1 thread"},
                               requests_.ends[0],
                               replies_.ends[1],
                               grace,
                               {}};
          options.abandon = [this] { abandoned = true; };
          result = serve(service_, options);
          replies_.closeWriter();
        }) {}
  ~Session() {
    endInput();
    if (thread_.joinable()) thread_.join();
  }

  void send(const Message& message) { sendBytes(encodeFrame(message)); }
  void sendBytes(const std::vector<uint8_t>& bytes) {
    ASSERT_EQ(::write(requests_.ends[1], bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void endInput() {
    if (requests_.ends[1] >= 0) requests_.closeWriter();
  }
  void leave() {
    replies_.closeReader();
    endInput();
  }
  void join() { thread_.join(); }

  /// The next reply; none at the end of the stream.
  std::optional<Message> read() {
    for (;;) {
      auto next = reader_.next();
      if (!next) {
        ADD_FAILURE() << next.error().message;
        return std::nullopt;
      }
      if (*next) return std::move(**next);
      std::array<uint8_t, 4096> chunk;
      const ssize_t count = ::read(replies_.ends[0], chunk.data(), chunk.size());
      if (count <= 0) return std::nullopt;
      reader_.feed(std::span(chunk).first(static_cast<size_t>(count)));
    }
  }
  /// Replies up to and with the one that ends request `id`.
  std::vector<Message> readUntilEnd(uint64_t id) {
    std::vector<Message> messages;
    while (auto message = read()) {
      messages.push_back(*message);
      const auto* done = std::get_if<DoneReply>(&*message);
      const auto* error = std::get_if<ErrorReply>(&*message);
      if ((done && done->id == id) || (error && error->id == id)) break;
    }
    return messages;
  }

  std::atomic<bool> abandoned = false;
  Status result;

 private:
  Service service_;
  Pipe requests_;
  Pipe replies_;
  FrameReader reader_;
  std::thread thread_;
};

template <class T>
std::vector<T> recordsOf(const std::vector<Message>& messages) {
  std::vector<T> records;
  for (const Message& message : messages) {
    if (const auto* reply = std::get_if<RecordReply>(&message)) {
      if (const auto* record = std::get_if<T>(&reply->record)) records.push_back(*record);
    }
  }
  return records;
}

Result<ModelShape> describeDemo(const std::string& model_dir) {
  if (model_dir != "/models/demo")
    return failure(ErrorKind::bad_input, model_dir + ": no such folder");
  ModelShape shape;
  shape.name = "demo";
  return shape;
}

Status untilStopped(const RunSpec&, RunObserver& observer, std::stop_token stop) {
  if (auto told = observer.onRecord(RunStarted{}); !told) return told;
  while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
  static_cast<void>(
      observer.onRecord(RunFinished{RunStatus::cancelled, ErrorKind::interrupted, "", ""}));
  return failure(ErrorKind::interrupted, "the run was cancelled");
}

TEST(Server, SaysHelloWithItsVersionFirst) {
  Session session({untilStopped, describeDemo});
  EXPECT_EQ(session.read(), Message(Hello{kFrameVersion, "test", "CPU, 1 thread"}));
}

TEST(Server, RecordsThenDoneInOrder) {
  Session session({[](const RunSpec& spec, RunObserver& observer, std::stop_token) {
                     RunStarted started;
                     started.spec = spec;
                     static_cast<void>(observer.onRecord(started));
                     for (int step = 0; step < 5; ++step) {
                       TokenRecord token;
                       token.step = step;
                       static_cast<void>(observer.onRecord(token));
                     }
                     return observer.onRecord(RunFinished{});
                   },
                   describeDemo});
  RunSpec spec;
  spec.model_dir = "/models/demo";
  session.send(RunRequest{3, spec});
  const auto messages = session.readUntilEnd(3);
  ASSERT_EQ(messages.size(), 9U);  // hello, started, 5 tokens, finished, done
  EXPECT_EQ(recordsOf<RunStarted>(messages).at(0).spec, spec);
  EXPECT_EQ(recordsOf<TokenRecord>(messages).at(4).step, 4);
  EXPECT_TRUE(std::holds_alternative<RunFinished>(std::get<RecordReply>(messages[7]).record));
  EXPECT_EQ(messages[8], Message(DoneReply{3}));
}

TEST(Server, ProgressIsThrottledAndNothingElseIsLost) {
  constexpr int kRecords = 30000;
  std::atomic<int64_t> took_ms = 0;
  Session session(
      {[&](const RunSpec&, RunObserver& observer, std::stop_token) {
         const auto start = std::chrono::steady_clock::now();
         for (int i = 0; i < kRecords; ++i) {
           static_cast<void>(observer.onRecord(ProgressRecord{"decode", i + 1, kRecords}));
           TimelineRecord part;
           part.spans.push_back({PhaseKind::decode_step, i, i + 1, -1, -1, i, 0, ""});
           static_cast<void>(observer.onRecord(part));
         }
         took_ms = (std::chrono::steady_clock::now() - start) / 1ms;
         return Status();
       },
       describeDemo});
  session.send(RunRequest{1, {}});
  const auto messages = session.readUntilEnd(1);
  const auto progress = recordsOf<ProgressRecord>(messages);
  EXPECT_LE(static_cast<int64_t>(progress.size()), took_ms * 30 / 1000 + 3);
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress.back().done, kRecords);
  int32_t next_step = 0;
  for (const auto& part : recordsOf<TimelineRecord>(messages)) {
    for (const Span& span : part.spans) EXPECT_EQ(span.step, next_step++);
  }
  EXPECT_EQ(next_step, kRecords);
}

TEST(Server, AWaitingTokenIsSentWithoutANextRecord) {
  Session session({[](const RunSpec&, RunObserver& observer, std::stop_token stop) {
                     static_cast<void>(observer.onRecord(TokenRecord{}));
                     static_cast<void>(observer.onRecord(TokenRecord{}));
                     while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
                     return Status();
                   },
                   describeDemo});
  session.read();
  session.send(RunRequest{1, {}});
  EXPECT_EQ(session.read(), Message(RecordReply{1, TokenRecord{}}));
  EXPECT_EQ(session.read(), Message(RecordReply{1, TokenRecord{}}));
}

TEST(Server, CancelEndsTheRunAndOnlyThatRun) {
  Session session({untilStopped, describeDemo});
  session.send(RunRequest{1, {}});
  session.send(RunRequest{2, {}});
  session.read();
  session.read();  // hello, started
  session.send(CancelRequest{1});
  const auto first = session.readUntilEnd(1);
  EXPECT_EQ(first.back(),
            Message(ErrorReply{1, {ErrorKind::interrupted, "the run was cancelled"}}));
  EXPECT_EQ(session.read(), Message(RecordReply{2, RunStarted{}}));
}

TEST(Server, InfoIsAnsweredWhileARunGoesOn) {
  Session session({untilStopped, describeDemo});
  session.send(RunRequest{1, {}});
  session.read();
  session.read();
  session.send(InfoRequest{5, "/models/demo"});
  const auto info = session.read();
  ASSERT_TRUE(info);
  EXPECT_EQ(std::get<InfoReply>(*info).model.name, "demo");
  session.send(InfoRequest{6, "/nowhere"});
  EXPECT_EQ(session.read(),
            Message(ErrorReply{6, {ErrorKind::bad_input, "/nowhere: no such folder"}}));
}

TEST(Server, AFailureBecomesAnErrorWithItsKindAndTheNextRunWorks) {
  std::atomic<int> calls = 0;
  Session session(
      {[&](const RunSpec&, RunObserver&, std::stop_token) {
         return ++calls == 1 ? Status(failure(ErrorKind::out_of_memory, "layer 3 needs 1.50 GiB"))
                             : Status();
       },
       describeDemo});
  session.read();
  session.send(RunRequest{1, {}});
  session.send(RunRequest{2, {}});
  EXPECT_EQ(session.read(),
            Message(ErrorReply{1, {ErrorKind::out_of_memory, "layer 3 needs 1.50 GiB"}}));
  EXPECT_EQ(session.read(), Message(DoneReply{2}));
}

TEST(Server, TheEndOfTheInputStopsTheRunAndTheServer) {
  Session session({untilStopped, describeDemo});
  session.send(RunRequest{1, {}});
  session.read();
  session.read();
  session.endInput();
  session.join();
  EXPECT_TRUE(session.result);
  EXPECT_FALSE(session.abandoned);
}

TEST(Server, ShutdownEndsItWithoutTheEndOfTheInput) {
  Session session({untilStopped, describeDemo});
  session.send(Shutdown{});
  session.join();
  EXPECT_TRUE(session.result);
}

TEST(Server, AWindowThatHasGoneEndsTheRunByItsNextRecord) {
  Session session({[](const RunSpec&, RunObserver& observer, std::stop_token) {
                     for (;;) {
                       if (auto told = observer.onRecord(RunStarted{}); !told) return told;
                     }
                   },
                   describeDemo});
  session.send(RunRequest{1, {}});
  session.leave();
  session.join();
  EXPECT_FALSE(session.abandoned);
}

TEST(Server, ARunThatDoesNotStopIsAbandoned) {
  std::atomic<bool> release = false;
  Session session({[&](const RunSpec&, RunObserver&, std::stop_token) {
                     while (!release) std::this_thread::sleep_for(1ms);
                     return Status();
                   },
                   describeDemo},
                  50ms);
  session.read();
  session.send(RunRequest{1, {}});
  std::this_thread::sleep_for(50ms);
  session.endInput();
  for (int i = 0; i < 1000 && !session.abandoned; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(session.abandoned);
  release = true;
}

TEST(Server, GarbageOnTheInputIsSaidAndEndsTheServer) {
  Session session({untilStopped, describeDemo});
  session.read();
  session.sendBytes({0xFF, 0xFF, 0xFF, 0xFF, 'x'});
  const auto complaint = session.read();
  ASSERT_TRUE(complaint);
  EXPECT_EQ(std::get<ErrorReply>(*complaint).id, 0U);
  EXPECT_THAT(std::get<ErrorReply>(*complaint).error.message, HasSubstr("4294967295 bytes"));
  session.join();
  EXPECT_FALSE(session.result);
}

TEST(Server, StrayOutputNeverGetsBetweenTheFrames) {
  const int original_out = ::dup(STDOUT_FILENO);
  const int original_err = ::dup(STDERR_FILENO);
  Pipe frames;
  Pipe errors;
  ::dup2(frames.ends[1], STDOUT_FILENO);
  ::dup2(errors.ends[1], STDERR_FILENO);
  const auto claimed = claimStandardOutput();
  std::printf("a library talks\n");
  std::fflush(stdout);
  const auto frame = encodeFrame(Shutdown{});
  const ssize_t written = ::write(*claimed, frame.data(), frame.size());
  ::dup2(original_out, STDOUT_FILENO);
  ::dup2(original_err, STDERR_FILENO);
  ::close(original_out);
  ::close(original_err);
  ::close(*claimed);
  frames.closeWriter();
  errors.closeWriter();
  EXPECT_EQ(written, static_cast<ssize_t>(frame.size()));
  std::array<char, 100> text{};
  EXPECT_EQ(::read(frames.ends[0], text.data(), text.size()), static_cast<ssize_t>(frame.size()));
  text = {};
  EXPECT_GT(::read(errors.ends[0], text.data(), text.size()), 0);
  EXPECT_STREQ(text.data(), "a library talks\n");
}

}  // namespace
}  // namespace xkv
