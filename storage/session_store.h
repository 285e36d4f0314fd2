// SPDX-License-Identifier: Apache-2.0
/// Sessions in SQLite: one *.xkv file, several runs, every finished result its own transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "profiling/records/session.h"

namespace xkv::storage {

/// Spans of a run in a time window, thinned to what a screen can show.
struct SpanBucket {
  PhaseKind kind = PhaseKind::prefill;  ///< of the longest span in the bucket
  int32_t depth = 0;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  int64_t busy_ns = 0;  ///< sum of durations inside
  int64_t count = 0;
  friend bool operator==(const SpanBucket&, const SpanBucket&) = default;
};

/// The one object that reads and writes a session file in its process. Not thread-safe.
class SessionStore {
 public:
  /// A new, empty session. bad_input when the path exists; made under a temporary name, then
  /// renamed.
  static Result<SessionStore> create(const std::string& path);
  /// An existing session for reading and writing. Where no other program has it open, runs without
  /// an end are ended: their writer is gone. bad_input, with nothing changed on disk: no
  /// SQLite file, another program's SQLite file, a newer version, cut or damaged. try_again:
  /// locked.
  static Result<SessionStore> open(const std::string& path);
  /// The same for reading only: no byte and no file beside it is changed or created; works in a
  /// read-only folder. Writing through it is a failure. While another program has the session open,
  /// this is a private copy as of now; where nobody has, runs without an end are shown as ended;
  /// where the file itself is read, list() and load() answer
  /// try_again once somebody has changed it.
  static Result<SessionStore> openReadOnly(const std::string& path);
  /// open() if the file exists, else create().
  static Result<SessionStore> openOrCreate(const std::string& path);

  ~SessionStore();  ///< closes; one self-contained file is left
  SessionStore(SessionStore&&) noexcept;
  SessionStore& operator=(SessionStore&&) noexcept;

  const std::string& path() const;

  Result<int64_t> beginRun(const RunStarted& started);  ///< the new run's id
  /// One record of a run, whole or not at all. RunStarted is refused (beginRun), progress is
  /// ignored; bad_input where its lists do not fit its counts (profiling/records/shapes.h).
  /// RunFinished also makes the level of detail of the run's spans.
  Status append(int64_t run_id, const Record& record);

  Result<std::vector<RunSummary>> list() const;
  Result<Run> load(int64_t run_id) const;
  Status remove(int64_t run_id);
  Status setTitle(int64_t run_id, const std::string& title);
  Status setNotes(int64_t run_id, const std::string& notes);
  Status setTags(int64_t run_id, const std::vector<std::string>& tags);

  /// Spans of a run that overlap [start_ns, end_ns), as buckets of one; where there are more than
  /// max_buckets, the finest level of detail that keeps to it, but at least one bucket per depth.
  Result<std::vector<SpanBucket>> spanBuckets(int64_t run_id, int64_t start_ns, int64_t end_ns,
                                              int64_t max_buckets) const;

  /// A copy as one self-contained file. bad_input when the path exists; failure on a full disk.
  Status copyTo(const std::string& path) const;

 private:
  struct Impl;
  explicit SessionStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace xkv::storage
