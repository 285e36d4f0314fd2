// SPDX-License-Identifier: Apache-2.0
/// kill -9 of a writer at any moment: the session opens and holds every record whose append
/// returned.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "storage/session_store.h"
#include "tests/records/sample_records.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using testing::ScratchFolder;

/// What the writer appends as number n: a token, at times a matrix that fills many pages.
Record recordOf(int64_t n) {
  if (n % 10 == 9) {
    CkaRecord cka;
    cka.stream = n % 20 == 9 ? Stream::key : Stream::value;
    cka.num_layers = 64;
    cka.seq_len = n;
    cka.cka.assign(64 * 64, static_cast<float>(n));
    return cka;
  }
  if (n % 10 == 5) {
    TimelineRecord part;
    part.spans.resize(100);
    return part;
  }
  TokenRecord token;
  token.step = n;
  return token;
}

/// Appends until it is killed; every number that was stored goes down the pipe.
[[noreturn]] void writeForever(const std::string& path, int pipe_end) {
  auto session = SessionStore::openOrCreate(path);
  if (!session) _exit(1);
  const auto run_id = session->beginRun(RunStarted());
  if (!run_id) _exit(2);
  for (int64_t n = 0;; ++n) {
    if (!session->append(*run_id, recordOf(n))) _exit(3);
    if (write(pipe_end, &n, sizeof n) != sizeof n) _exit(4);
  }
}

struct Outcome {
  int64_t reported = -1;  ///< last number that the writer said it had stored
  bool killed = false;
};

Outcome killAfter(const std::string& path, std::chrono::microseconds delay) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) writeForever(path, ends[1]);
  close(ends[1]);
  Outcome outcome;
  int64_t n = 0;
  // The delay counts from the first record on: before it, there is nothing that must be kept.
  if (read(ends[0], &n, sizeof n) == sizeof n) outcome.reported = n;
  std::thread killer([&] {
    std::this_thread::sleep_for(delay);
    kill(child, SIGKILL);
  });
  while (read(ends[0], &n, sizeof n) == sizeof n) outcome.reported = n;
  killer.join();
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.killed = WIFSIGNALED(status);
  return outcome;
}

/// Every record up to `reported`; one more may be there, whose report the kill cut off.
void expectHolds(const xkv::Run& run, int64_t reported) {
  const auto with = [&](int64_t last) {
    xkv::Run expected;
    expected.run_id = run.run_id;
    expected.finished = run.finished;
    for (int64_t n = 0; n <= last; ++n) expected.add(recordOf(n));
    return expected;
  };
  EXPECT_EQ(run.finished.status, RunStatus::failed) << "its writer is dead";
  EXPECT_TRUE(run == with(reported) || run == with(reported + 1))
      << "run " << run.run_id << ": " << run.tokens.size() << " tokens, " << reported
      << " reported";
}

TEST(Kill, HoldsEveryRecordThatWasStored) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  std::mt19937 random(7);
  std::vector<int64_t> reported;
  for (int round = 0; round < 20; ++round) {
    const Outcome outcome = killAfter(path, std::chrono::microseconds(random() % 40000));
    ASSERT_TRUE(outcome.killed);
    reported.push_back(outcome.reported);
    const auto before = folder.contents();
    const auto reader = SessionStore::openReadOnly(path);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(folder.contents(), before);
    expectHolds(reader->load(round + 1).value(), reported.back());
    if (round % 2 == 0) continue;  // the next writer finds the log of a dead one
    const auto session = SessionStore::open(path);
    ASSERT_TRUE(session) << session.error().message;
    for (size_t run = 0; run < reported.size(); ++run) {
      expectHolds(session->load(static_cast<int64_t>(run) + 1).value(), reported[run]);
    }
  }
  EXPECT_EQ(folder.contents().size(), 1U) << "one self-contained file in the end";
}

TEST(Kill, WhileItIsCreatedLeavesAWholeSessionOrNone) {
  std::mt19937 random(8);
  for (int round = 0; round < 20; ++round) {
    const ScratchFolder folder;
    const std::string path = folder.file("s.xkv");
    const pid_t child = fork();
    if (child == 0) {
      const auto session = SessionStore::create(path);
      pause();
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 15000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (!folder.contents().contains("s.xkv")) continue;
    const auto session = SessionStore::open(path);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_TRUE(session->list()->empty());
  }
}

}  // namespace
}  // namespace xkv::storage
