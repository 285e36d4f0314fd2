// SPDX-License-Identifier: Apache-2.0
/// What is on disk before, while and after: refused files stay as they are, reading leaves no
/// trace.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/session_store.h"
#include "tests/records/sample_records.h"
#include "tests/storage/raw_sql.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using ::testing::HasSubstr;
using testing::RawSql;
using testing::ScratchFolder;

class FileState : public ::testing::Test {
 protected:
  void makeSession() {
    SessionStore session = SessionStore::create(path_).value();
    run_id_ = session.beginRun(testing::sample<RunStarted>()).value();
    ASSERT_TRUE(session.append(run_id_, testing::sample<CkaRecord>()));
  }

  /// Both ways of opening give this kind and sentence, and nothing on disk changes.
  void expectRefused(const std::string& path, ErrorKind kind, const std::string& sentence) {
    const auto before = folder_.contents();
    for (const bool read_only : {false, true}) {
      const auto session = read_only ? SessionStore::openReadOnly(path) : SessionStore::open(path);
      ASSERT_FALSE(session) << sentence;
      EXPECT_EQ(session.error().kind, kind) << session.error().message;
      EXPECT_THAT(session.error().message, HasSubstr(path + ": "));
      EXPECT_THAT(session.error().message, HasSubstr(sentence));
      EXPECT_THAT(session.error().message, ::testing::Not(HasSubstr("\n")));
    }
    EXPECT_EQ(folder_.contents(), before);
  }

  ScratchFolder folder_;
  std::string path_ = folder_.file("s.xkv");
  int64_t run_id_ = 0;
};

TEST_F(FileState, ClosedSessionIsOneFileWithOurNumbers) {
  makeSession();
  EXPECT_EQ(folder_.contents().size(), 1U);
  const std::string bytes = ScratchFolder::read(path_);
  EXPECT_EQ(bytes.substr(68, 4), "xKVs");
  EXPECT_EQ(bytes[18], 1) << "rollback journal, not WAL";
  EXPECT_EQ(bytes.substr(60, 4), std::string("\0\0\0\2", 4));
}

/// A log or journal of 64 GiB that holds nothing: it is neither read nor copied as a whole.
TEST_F(FileState, SizeOfWhatLiesBesideIsNotBelieved) {
  for (const char* companion : {"-wal", "-journal"}) {
    makeSession();
    ScratchFolder::write(path_ + companion, "junk");
    std::filesystem::resize_file(path_ + companion, int64_t{1} << 36);
    const auto session = SessionStore::openReadOnly(path_);
    if (session) {
      EXPECT_EQ(session->list()->size(), 1U);
    } else {
      EXPECT_THAT(session.error().message, HasSubstr("68719476736 bytes")) << companion;
      EXPECT_EQ(session.error().kind, ErrorKind::bad_input);
    }
    EXPECT_EQ(std::filesystem::file_size(path_ + companion), uint64_t{1} << 36);
    std::filesystem::remove(path_ + companion);
    std::filesystem::remove(path_);
  }
}

TEST_F(FileState, ReadingLeavesNoTrace) {
  makeSession();
  const auto before = folder_.contents();
  const SessionStore session = SessionStore::openReadOnly(path_).value();
  EXPECT_EQ(session.load(run_id_)->cka.size(), 1U);
  EXPECT_EQ(folder_.contents(), before) << "while open";
}

TEST_F(FileState, ReadingWhileItIsWrittenSeesTheLogAndLeavesNoTrace) {
  SessionStore writer = SessionStore::create(path_).value();
  ASSERT_TRUE(writer.beginRun(RunStarted()));
  const auto before = folder_.contents();
  ASSERT_TRUE(before.contains("s.xkv-wal"));
  const SessionStore reader = SessionStore::openReadOnly(path_).value();
  EXPECT_EQ(reader.list()->size(), 1U);
  EXPECT_EQ(folder_.contents(), before);
}

TEST_F(FileState, CreateRefusesWhatIsThere) {
  ScratchFolder::write(path_, "precious");
  const auto before = folder_.contents();
  const auto session = SessionStore::create(path_);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(session.error().message, HasSubstr("not overwritten"));
  EXPECT_EQ(folder_.contents(), before);
  EXPECT_EQ(SessionStore::create(folder_.file("no/s.xkv")).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(SessionStore::create("").error().kind, ErrorKind::bad_input);
  EXPECT_EQ(folder_.contents(), before) << "no temporary file stays";
}

TEST_F(FileState, WhatIsNoFileIsRefused) {
  expectRefused(folder_.file("missing.xkv"), ErrorKind::bad_input, "no such file");
  std::filesystem::create_directory(path_);
  expectRefused(path_, ErrorKind::bad_input, "a folder");
  const std::string pipe = folder_.file("pipe.xkv");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0644), 0);
  expectRefused(pipe, ErrorKind::bad_input, "a pipe");
  const std::string loop = folder_.file("loop.xkv");
  ASSERT_EQ(symlink("loop.xkv", loop.c_str()), 0);
  expectRefused(loop, ErrorKind::bad_input, "symbolic links");
  const std::string dangling = folder_.file("dangling.xkv");
  ASSERT_EQ(symlink("nowhere", dangling.c_str()), 0);
  expectRefused(dangling, ErrorKind::bad_input, "no such file");
  const auto long_name = SessionStore::open(std::string(5000, 'x'));
  EXPECT_EQ(long_name.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(long_name.error().message, HasSubstr("File name too long"));
  EXPECT_LT(long_name.error().message.size(), 600U);
}

TEST_F(FileState, LinkToASessionIsFollowed) {
  makeSession();
  const std::string link = folder_.file("link.xkv");
  ASSERT_EQ(symlink("s.xkv", link.c_str()), 0);
  EXPECT_EQ(SessionStore::openReadOnly(link)->list()->size(), 1U);
  EXPECT_EQ(SessionStore::open(link)->list()->size(), 1U);
  EXPECT_EQ(folder_.contents().size(), 2U);
}

TEST_F(FileState, OtherFilesAreRefused) {
  ScratchFolder::write(path_, "");
  expectRefused(path_, ErrorKind::bad_input, "empty");
  ScratchFolder::write(path_, "hello");
  expectRefused(path_, ErrorKind::bad_input, "no xKV Scope session");
  ScratchFolder::write(path_, std::string(100000, '\0'));
  expectRefused(path_, ErrorKind::bad_input, "no xKV Scope session");
  ScratchFolder::write(path_, std::string("SQLite format 3\0", 16));
  expectRefused(path_, ErrorKind::bad_input, "cut");
}

TEST_F(FileState, ForeignAndNewerFilesAreRefused) {
  RawSql(path_).run("CREATE TABLE people (name TEXT)");
  expectRefused(path_, ErrorKind::bad_input, "another program's SQLite file (application_id 0");
  RawSql(path_).run("PRAGMA application_id = 2018203251; PRAGMA user_version = 3");
  expectRefused(path_, ErrorKind::bad_input,
                "newer version of xKV Scope (format 3, this program reads up to 2)");
  RawSql(path_).run("PRAGMA user_version = 1");
  expectRefused(path_, ErrorKind::bad_input, "format 1, which was never released");
  RawSql(path_).run("PRAGMA user_version = 2");
  expectRefused(path_, ErrorKind::bad_input, "the table people does not belong in a session");
}

TEST_F(FileState, ForeignFileWithALogIsRefused) {
  RawSql sql(path_);
  sql.run("PRAGMA journal_mode = WAL; CREATE TABLE people (name TEXT)");
  expectRefused(path_, ErrorKind::bad_input, "");
}

TEST_F(FileState, EveryCutIsRefused) {
  makeSession();
  const std::string whole = ScratchFolder::read(path_);
  for (size_t size = 0; size < whole.size(); size += 1009) {
    ScratchFolder::write(path_, whole.substr(0, size));
    expectRefused(path_, ErrorKind::bad_input, "");
  }
  ScratchFolder::write(path_, whole.substr(0, whole.size() - 1));
  expectRefused(path_, ErrorKind::bad_input, "is cut: ");
  ScratchFolder::write(path_, whole + std::string(4096, 'x'));
  expectRefused(path_, ErrorKind::bad_input, "damaged");
}

TEST_F(FileState, CutFileWithALogIsRefused) {
  makeSession();
  const std::string half = ScratchFolder::read(path_).substr(0, 8192);
  ScratchFolder::write(path_, half);
  ScratchFolder::write(path_ + "-wal", "no log at all, but it is there");
  expectRefused(path_, ErrorKind::bad_input, "");
  std::filesystem::remove(path_ + "-wal");
  std::filesystem::create_directory(path_ + "-wal");
  expectRefused(path_, ErrorKind::bad_input, "-wal is no file");
}

TEST_F(FileState, FileThatIsBeingWrittenIsTriedAgain) {
  makeSession();
  RawSql other(path_);
  other.run("BEGIN EXCLUSIVE; UPDATE run SET title = 'x'");
  const auto before = folder_.contents();
  const auto session = SessionStore::open(path_);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::try_again) << session.error().message;
  EXPECT_THAT(session.error().message, HasSubstr("another program is writing this file"));
  EXPECT_EQ(folder_.contents(), before);
  other.run("ROLLBACK");
  EXPECT_TRUE(SessionStore::open(path_));
}

TEST_F(FileState, WriterOfTheLogIsTriedAgain) {
  makeSession();
  const SessionStore keeps_the_log = SessionStore::open(path_).value();
  RawSql other(path_);
  other.run("BEGIN IMMEDIATE");
  EXPECT_EQ(SessionStore::open(path_).error().kind, ErrorKind::try_again);
  SessionStore session = SessionStore::openReadOnly(path_).value();
  EXPECT_EQ(session.list()->size(), 1U) << "reading does not wait";
}

TEST_F(FileState, JournalOfACrashIsRolledBackForReading) {
  makeSession();
  const std::string crashed = folder_.file("crashed.xkv");
  {
    RawSql other(path_);
    other.run(
        "PRAGMA cache_size = 1; PRAGMA synchronous = OFF; BEGIN; UPDATE run SET title = 'half "
        "done';"
        "CREATE TABLE filler (x BLOB); INSERT INTO filler VALUES (zeroblob(100000));"
        "INSERT INTO filler VALUES (zeroblob(100000)); UPDATE run SET notes = 'more'");
    std::filesystem::copy_file(path_, crashed);
    std::filesystem::copy_file(path_ + "-journal", crashed + "-journal");
    other.run("ROLLBACK");
  }
  const auto before = folder_.contents();
  const auto session = SessionStore::openReadOnly(crashed);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->list().value()[0].title, "");
  EXPECT_EQ(folder_.contents(), before);
}

TEST_F(FileState, ChangeUnderAReaderIsNoticed) {
  makeSession();
  const SessionStore reader = SessionStore::openReadOnly(path_).value();
  ASSERT_TRUE(reader.list());
  RawSql(path_).run(
      "UPDATE run SET notes = 'longer'; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(9999))");
  EXPECT_EQ(reader.list().error().kind, ErrorKind::try_again);
  EXPECT_EQ(reader.load(run_id_).error().kind, ErrorKind::try_again);
}

}  // namespace
}  // namespace xkv::storage
