// SPDX-License-Identifier: Apache-2.0
/// A disk without space, as a limit on the size of files: a sentence, and what was stored stays.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "storage/schema.h"
#include "storage/session_store.h"
#include "storage/storage_error.h"
#include "tests/records/sample_records.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using ::testing::HasSubstr;
using testing::ScratchFolder;

/// Runs `work` in a child in which no file can grow over `limit` bytes; the sentence that it
/// returns.
std::string inFullDisk(rlim_t limit, const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit size{limit, limit};
    setrlimit(RLIMIT_FSIZE, &size);
    const std::string said = work();
    const ssize_t written = write(ends[1], said.data(), said.size());
    _exit(written < 0 ? 1 : 0);
  }
  close(ends[1]);
  std::string said;
  char buffer[512];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? said : "the child died";
}

std::string sentenceOf(const Status& status) {
  return status ? ""
                : (status.error().kind == ErrorKind::failure ? "" : "wrong kind: ") +
                      status.error().message;
}

CkaRecord largeCka() {
  auto cka = testing::sample<CkaRecord>();
  cka.num_layers = 500;
  cka.cka.assign(250000, 0.5F);
  cka.token_cosine.clear();
  return cka;
}

TEST(FullDisk, RecordThatDoesNotFitIsNamedAndTheOthersStay) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  ASSERT_TRUE(SessionStore::create(path));
  const std::string said = inFullDisk(600000, [&] {
    auto session = SessionStore::open(path);
    if (!session) return session.error().message;
    const int64_t run_id = session->beginRun(testing::sample<RunStarted>()).value();
    if (!session->append(run_id, testing::sample<CkaRecord>())) return std::string("too early");
    const std::string sentence = sentenceOf(session->append(run_id, largeCka()));
    // What fits is still stored, and what there was is still there.
    if (!session->append(run_id, testing::sample<TokenRecord>()))
      return "the session is dead: " + sentence;
    if (session->load(run_id)->cka[0] != testing::sample<CkaRecord>()) return "lost: " + sentence;
    return sentence;
  });
  EXPECT_THAT(said, ::testing::StartsWith(path + ": cka of run 1 was not stored: "));
  EXPECT_THAT(said, HasSubstr("disk I/O error"));
  const auto session = SessionStore::open(path);
  ASSERT_TRUE(session) << session.error().message;
  const auto run = session->load(1);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->cka, std::vector{testing::sample<CkaRecord>()});
  EXPECT_EQ(run->tokens.size(), 1U);
}

TEST(FullDisk, CopyThatDoesNotFitLeavesNothing) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  {
    SessionStore session = SessionStore::create(path).value();
    const int64_t run_id = session.beginRun(RunStarted()).value();
    ASSERT_TRUE(session.append(run_id, largeCka()));
  }
  const std::string copy = folder.file("copy.xkv");
  const std::string said = inFullDisk(
      200000, [&] { return sentenceOf(SessionStore::openReadOnly(path)->copyTo(copy)); });
  EXPECT_THAT(said, ::testing::StartsWith(copy + ": the copy was not made: "));
  EXPECT_EQ(folder.contents().size(), 1U);
}

TEST(FullDisk, SessionThatDoesNotFitIsNotCreated) {
  const ScratchFolder folder;
  const std::string path = folder.file("s.xkv");
  const std::string said = inFullDisk(20000, [&] {
    const auto session = SessionStore::create(path);
    return session ? "created" : session.error().message;
  });
  EXPECT_THAT(said, ::testing::StartsWith(path + ": the session was not created: "));
  EXPECT_TRUE(folder.contents().empty());
}

TEST(FullDisk, IsSaidInPlainWords) {
  const Database database(":memory:", Access::create);
  database.run("PRAGMA max_page_count = 3");
  try {
    createSchema(database);
    FAIL() << "three pages cannot hold the tables";
  } catch (const StorageError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_STREQ(error.what(), "no space is left on the device");
  }
}

}  // namespace
}  // namespace xkv::storage
