// SPDX-License-Identifier: Apache-2.0
/// Transactions, and the edge where what was thrown inside becomes an Error with the file's name in
/// it.
#include "storage/session_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <new>
#include <type_traits>

#include "profiling/records/fields.h"
#include "profiling/records/printable.h"
#include "profiling/records/shapes.h"
#include "storage/new_file.h"
#include "storage/orphan_runs.h"
#include "storage/run_rows.h"
#include "storage/schema.h"
#include "storage/session_file.h"
#include "storage/span_rows.h"
#include "storage/statement.h"
#include "storage/storage_error.h"

namespace xkv::storage {

struct SessionStore::Impl {
  std::string path;                   ///< as the user gave it
  std::string real_path;              ///< links followed
  ReadableSession reading;            ///< set when opened for reading only
  std::unique_ptr<Database> writing;  ///< set otherwise

  ~Impl() { close(); }
  const Database& database() const { return writing ? *writing : *reading.database; }
  void close();
  void requireWritable() const;
  void requireUnchanged() const;
  /// Read from a file that nobody holds open: no run of it can still go on.
  bool showsOrphansEnded() const { return !writing && !reading.held_open; }
};

namespace {

Error errorOf(ErrorKind kind, const std::string& path, const std::string& doing, const char* what) {
  return {kind, printable(path, 400) + ": " + (doing.empty() ? "" : doing + ": ") + what};
}

/// What `work` returns, or what it threw, as one sentence: "PATH: doing: why".
template <class Work>
auto guarded(const std::string& path, const std::string& doing, Work work)
    -> Result<std::invoke_result_t<Work>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const StorageError& error) {
    return tl::unexpected(errorOf(error.kind(), path, doing, error.what()));
  } catch (const std::bad_alloc&) {
    return tl::unexpected(errorOf(ErrorKind::out_of_memory, path, doing, "no memory is left"));
  } catch (const std::exception& error) {
    return tl::unexpected(errorOf(ErrorKind::failure, path, doing, error.what()));
  }
}

/// WAL while open; the probe finds another writer now and not at the first result.
std::unique_ptr<Database> openForWriting(const std::string& real_path) {
  auto database = std::make_unique<Database>(real_path, Access::write);
  if (database->isReadOnly()) {
    throw StorageError(ErrorKind::failure, "the file may only be read; open it for reading");
  }
  endOrphanRuns(*database);
  if (database->textOf("PRAGMA journal_mode = WAL") != "wal") {
    throw StorageError(ErrorKind::failure, "this file system cannot hold a write-ahead log");
  }
  database->run("PRAGMA synchronous = NORMAL");
  Transaction probe(*database, Transaction::Kind::write);
  return database;
}

std::string runWord(int64_t run_id) { return "run " + std::to_string(run_id); }

}  // namespace

/// The last one to leave puts all into one file. Where another program has it open too, this fails,
/// and the other one does it.
void SessionStore::Impl::close() {
  if (!writing) return;
  sqlite3_busy_timeout(writing->handle(), 100);
  sqlite3_exec(writing->handle(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
  writing.reset();
}

void SessionStore::Impl::requireWritable() const {
  if (!writing) throw StorageError(ErrorKind::failure, "the session was opened for reading only");
}

/// Reading without locks is right only as long as nobody writes.
void SessionStore::Impl::requireUnchanged() const {
  if (writing || reading.copy || stampOf(real_path) == reading.stamp) return;
  throw StorageError(ErrorKind::try_again,
                     "another program has changed the file since it was opened; open it again");
}

SessionStore::SessionStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SessionStore::~SessionStore() = default;
SessionStore::SessionStore(SessionStore&&) noexcept = default;
SessionStore& SessionStore::operator=(SessionStore&&) noexcept = default;

const std::string& SessionStore::path() const { return impl_->path; }

Result<SessionStore> SessionStore::create(const std::string& path) {
  const Status made = guarded(path, "the session was not created", [&] {
    NewFile file(path);
    createSchema(Database(file.temporaryPath(), Access::write));
    file.publish();
  });
  if (!made) return tl::unexpected(made.error());
  return open(path);
}

Result<SessionStore> SessionStore::open(const std::string& path) {
  return guarded(path, "", [&] {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->real_path = resolveSession(path);
    openForReading(impl->real_path);  // refuses what must not be touched
    impl->writing = openForWriting(impl->real_path);
    return SessionStore(std::move(impl));
  });
}

Result<SessionStore> SessionStore::openReadOnly(const std::string& path) {
  return guarded(path, "", [&] {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->real_path = resolveSession(path);
    impl->reading = openForReading(impl->real_path);
    return SessionStore(std::move(impl));
  });
}

Result<SessionStore> SessionStore::openOrCreate(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 ? open(path) : create(path);
}

Result<int64_t> SessionStore::beginRun(const RunStarted& started) {
  return guarded(impl_->path, "the run was not stored", [&] {
    impl_->requireWritable();
    if (Status fits = checkShapes(started); !fits) throwBadFile(fits.error().message);
    Transaction transaction(impl_->database(), Transaction::Kind::write);
    const int64_t run_id = insertRun(impl_->database(), started);
    transaction.commit();
    return run_id;
  });
}

Status SessionStore::append(int64_t run_id, const Record& record) {
  if (std::holds_alternative<ProgressRecord>(record)) return {};
  const std::string doing =
      std::string(recordType(record)) + " of " + runWord(run_id) + " was not stored";
  return guarded(impl_->path, doing, [&] {
    impl_->requireWritable();
    if (Status fits = checkShapes(record); !fits) throwBadFile(fits.error().message);
    Transaction transaction(impl_->database(), Transaction::Kind::write);
    appendRecord(impl_->database(), run_id, record);
    transaction.commit();
  });
}

Result<std::vector<RunSummary>> SessionStore::list() const {
  return guarded(impl_->path, "", [&] {
    impl_->requireUnchanged();
    const Transaction snapshot(impl_->database(), Transaction::Kind::read);
    std::vector<RunSummary> runs = listRuns(impl_->database());
    if (impl_->showsOrphansEnded()) {
      for (RunSummary& run : runs) showOrphanEnded(run);
    }
    return runs;
  });
}

Result<Run> SessionStore::load(int64_t run_id) const {
  return guarded(impl_->path, "", [&] {
    impl_->requireUnchanged();
    const Transaction snapshot(impl_->database(), Transaction::Kind::read);
    Run run = loadRun(impl_->database(), run_id);
    if (impl_->showsOrphansEnded()) showOrphanEnded(run);
    return run;
  });
}

Status SessionStore::remove(int64_t run_id) {
  return guarded(impl_->path, runWord(run_id) + " was not removed", [&] {
    impl_->requireWritable();
    requireRun(impl_->database(), run_id);
    Transaction transaction(impl_->database(), Transaction::Kind::write);
    Statement(impl_->database(), "DELETE FROM run WHERE run_id = ?").bind(run_id).run();
    transaction.commit();
    impl_->database().run(
        "PRAGMA incremental_vacuum");  // the file gets smaller with its next checkpoint
  });
}

Status SessionStore::setTitle(int64_t run_id, const std::string& title) {
  return guarded(impl_->path, "the title was not stored", [&] {
    impl_->requireWritable();
    requireRun(impl_->database(), run_id);
    Statement row(impl_->database(), "UPDATE run SET title = ? WHERE run_id = ?");
    row.bind(title).bind(run_id).run();
  });
}

Status SessionStore::setNotes(int64_t run_id, const std::string& notes) {
  return guarded(impl_->path, "the notes were not stored", [&] {
    impl_->requireWritable();
    requireRun(impl_->database(), run_id);
    Statement row(impl_->database(), "UPDATE run SET notes = ? WHERE run_id = ?");
    row.bind(notes).bind(run_id).run();
  });
}

Status SessionStore::setTags(int64_t run_id, const std::vector<std::string>& tags) {
  return guarded(impl_->path, "the tags were not stored", [&] {
    impl_->requireWritable();
    requireRun(impl_->database(), run_id);
    Transaction transaction(impl_->database(), Transaction::Kind::write);
    replaceTags(impl_->database(), run_id, tags);
    transaction.commit();
  });
}

Result<std::vector<SpanBucket>> SessionStore::spanBuckets(int64_t run_id, int64_t start_ns,
                                                          int64_t end_ns,
                                                          int64_t max_buckets) const {
  return guarded(impl_->path, "", [&] {
    impl_->requireUnchanged();
    const Transaction snapshot(impl_->database(), Transaction::Kind::read);
    requireRun(impl_->database(), run_id);
    return querySpanBuckets(impl_->database(), run_id, start_ns, end_ns, max_buckets);
  });
}

Status SessionStore::copyTo(const std::string& path) const {
  return guarded(path, "the copy was not made", [&] {
    impl_->requireUnchanged();
    NewFile file(path);
    const std::string& target = file.temporaryPath();
    Statement(impl_->database(), "VACUUM INTO ?").bind(std::string_view(target)).run();
    file.publish();
  });
}

}  // namespace xkv::storage
