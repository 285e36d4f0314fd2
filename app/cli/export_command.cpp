// SPDX-License-Identifier: Apache-2.0
/// `xkv export`: one run of a session as CSV files or as JSON.
#include "app/cli/commands.h"
#include "app/export/csv.h"
#include "app/export/json_file.h"
#include "profiling/records/json.h"
#include "profiling/records/printable.h"
#include "storage/session_store.h"

namespace xkv::cli {
namespace {

using storage::SessionStore;

/// The run that was asked for, else the last one.
Result<int64_t> chosenRun(const std::vector<RunSummary>& runs, const ExportOptions& options) {
  if (options.run) return *options.run;
  if (runs.empty())
    return failure(ErrorKind::bad_input,
                   printable(options.session, 400) + " holds no run to export");
  return runs.back().run_id;
}

Status write(const Run& run, const ExportOptions& options, const Console& console) {
  if (options.json_file == "-") return console.out(toJson(run, 2) + "\n");
  const auto written =
      options.csv_dir ? exportCsv(run, *options.csv_dir) : exportJson(run, *options.json_file);
  if (!written) return Failure(written.error());
  for (const std::string& path : *written) notice(console, "wrote " + path);
  return {};
}

}  // namespace

Status exportCommand(const ExportOptions& options, const Console& console) {
  const auto store = SessionStore::openReadOnly(options.session);
  if (!store) return Failure(store.error());
  const auto runs = store->list();
  if (!runs) return Failure(runs.error());
  const auto run_id = chosenRun(*runs, options);
  if (!run_id) return Failure(run_id.error());
  const auto run = store->load(*run_id);
  if (!run) return Failure(run.error());
  Status written = write(*run, options, console);
  if (written && !options.run && runs->size() > 1)
    notice(console, "that is run " + std::to_string(*run_id) + ", the last of " +
                        std::to_string(runs->size()));
  return written;
}

}  // namespace xkv::cli
