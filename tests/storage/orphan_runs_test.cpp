// SPDX-License-Identifier: Apache-2.0
/// A run without an end: it goes on while its writer lives, and has ended when the writer is gone.
#include "storage/orphan_runs.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "storage/session_store.h"
#include "tests/records/sample_records.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using ::testing::HasSubstr;
using testing::ScratchFolder;

/// Another program that has begun a run with one result, until the test ends it.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) write(path, ends[1]);
    char ready = 0;
    is_ready_ = read(ends[0], &ready, 1) == 1 && ready == 'y';
    close(ends[0]);
    close(ends[1]);
  }
  ~Writer() { kill(); }
  bool isReady() const { return is_ready_; }
  void kill() {
    if (child_ == 0) return;
    ::kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  [[noreturn]] static void write(const std::string& path, int pipe_end) {
    auto session = SessionStore::openOrCreate(path);
    const auto run_id = session->beginRun(testing::sample<RunStarted>());
    const bool kept = run_id && session->append(*run_id, testing::sample<CkaRecord>());
    if (::write(pipe_end, kept ? "y" : "n", 1) == 1) pause();
    _exit(0);
  }

  pid_t child_ = 0;
  bool is_ready_ = false;
};

void expectEnded(const SessionStore& session) {
  const auto runs = session.list();
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_EQ(runs->at(0).status, RunStatus::failed);
  EXPECT_THAT(runs->at(0).message, HasSubstr("what it had finished is kept"));
  const auto run = session.load(1);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->finished.status, RunStatus::failed);
  EXPECT_EQ(run->finished.message, runs->at(0).message);
  EXPECT_EQ(run->cka.size(), 1U) << "its result is kept";
}

TEST(OrphanRuns, OfAKilledWriterAreShownEndedByAReaderThatWritesNothing) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  Writer writer(path);
  ASSERT_TRUE(writer.isReady());
  writer.kill();
  const auto before = folder.contents();
  expectEnded(SessionStore::openReadOnly(path).value());
  EXPECT_EQ(folder.contents(), before);
}

TEST(OrphanRuns, OfAKilledWriterAreEndedInTheFileByTheNextWriter) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  Writer writer(path);
  ASSERT_TRUE(writer.isReady());
  writer.kill();
  expectEnded(SessionStore::open(path).value());
  expectEnded(SessionStore::open(path).value());
}

TEST(OrphanRuns, OfAClosedSessionAreEndedToo) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  {
    SessionStore session = SessionStore::create(path).value();
    const int64_t run_id = session.beginRun(testing::sample<RunStarted>()).value();
    ASSERT_TRUE(session.append(run_id, testing::sample<CkaRecord>()));
    EXPECT_EQ(session.list()->at(0).status, RunStatus::running) << "its writer is this one";
  }
  expectEnded(SessionStore::openReadOnly(path).value());
  expectEnded(SessionStore::open(path).value());
}

TEST(OrphanRuns, AreNoneWhileTheirWriterLives) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  Writer writer(path);
  ASSERT_TRUE(writer.isReady());
  EXPECT_EQ(SessionStore::openReadOnly(path)->list()->at(0).status, RunStatus::running);
  {
    const auto second = SessionStore::open(path);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->list()->at(0).status, RunStatus::running);
    EXPECT_EQ(second->load(1)->finished.status, RunStatus::running);
  }
  writer.kill();
  expectEnded(SessionStore::open(path).value());
}

}  // namespace
}  // namespace xkv::storage
