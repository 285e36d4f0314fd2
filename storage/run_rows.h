// SPDX-License-Identifier: Apache-2.0
/// Runs as rows: each record into its table, and all of a run back out. Transactions are the
/// caller's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiling/records/session.h"
#include "storage/database.h"

namespace xkv::storage {

/// All of these throw StorageError; bad_input when the run is not there or its rows are damaged.
void requireRun(const Database& database, int64_t run_id);
int64_t insertRun(const Database& database, const RunStarted& started);
void appendRecord(const Database& database, int64_t run_id, const Record& record);
void replaceTags(const Database& database, int64_t run_id, const std::vector<std::string>& tags);

Run loadRun(const Database& database, int64_t run_id);
/// All runs by id, without reading a blob.
std::vector<RunSummary> listRuns(const Database& database);

}  // namespace xkv::storage
