// SPDX-License-Identifier: Apache-2.0
/// Being alone with a file is proved by taking its write-ahead log away, which SQLite allows the
/// last connection only.
#include "storage/orphan_runs.h"

#include <sqlite3.h>

#include <vector>

#include "storage/run_rows.h"
#include "storage/statement.h"
#include "storage/storage_error.h"

namespace xkv::storage {
namespace {

RunFinished orphanEnd() {
  return {RunStatus::failed, ErrorKind::failure,
          "The program that made this run ended before it (killed, or its machine stopped); "
          "what it had finished is kept",
          ""};
}

std::vector<int64_t> endlessRuns(const Database& database) {
  Statement rows(database, "SELECT run_id FROM run WHERE status = 'running' ORDER BY run_id");
  std::vector<int64_t> ids;
  while (rows.step()) ids.push_back(rows.integer(0));
  return ids;
}

bool hasNoLog(const Database& database) {
  return database.textOf("PRAGMA journal_mode") == "delete";
}

/// False where another connection holds on to the log.
bool takeLogAway(const Database& database) {
  if (hasNoLog(database)) return true;
  const int64_t patience = database.integerOf("PRAGMA busy_timeout");
  sqlite3_busy_timeout(database.handle(), 0);
  sqlite3_exec(database.handle(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
  sqlite3_busy_timeout(database.handle(), static_cast<int>(patience));
  return hasNoLog(database);
}

}  // namespace

void endOrphanRuns(const Database& database) {
  if (endlessRuns(database).empty() || !takeLogAway(database)) return;
  Transaction transaction(database, Transaction::Kind::exclusive);
  // Whoever came in between has brought the log back, and a run of its own perhaps.
  if (!hasNoLog(database)) return;
  for (const int64_t run_id : endlessRuns(database)) appendRecord(database, run_id, orphanEnd());
  transaction.commit();
}

void showOrphanEnded(RunSummary& run) {
  if (run.status != RunStatus::running) return;
  run.status = orphanEnd().status;
  run.message = orphanEnd().message;
}

void showOrphanEnded(Run& run) {
  if (run.finished.status == RunStatus::running) run.finished = orphanEnd();
}

}  // namespace xkv::storage
