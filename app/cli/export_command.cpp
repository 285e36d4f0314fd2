// SPDX-License-Identifier: Apache-2.0
/// `xkv export`: one run of a session as CSV files or as JSON.
#include "app/cli/commands.h"
#include "app/export/csv.h"
#include "app/export/json_file.h"
#include "profiling/records/json.h"
#include "storage/session_store.h"

namespace xkv::cli {
namespace {

using storage::SessionStore;

/// The run that was asked for, else the last one, which is said where there are several.
Result<int64_t> chosenRun(const SessionStore& store, const ExportOptions& options,
                          const Console& console) {
  if (options.run) return *options.run;
  const auto runs = store.list();
  if (!runs) return Failure(runs.error());
  if (runs->empty())
    return failure(ErrorKind::bad_input, options.session + " holds no run to export");
  const int64_t last = runs->back().run_id;
  if (runs->size() > 1)
    notice(console, "run " + std::to_string(last) + " is written, the last of " +
                        std::to_string(runs->size()));
  return last;
}

}  // namespace

Status exportCommand(const ExportOptions& options, const Console& console) {
  const auto store = SessionStore::openReadOnly(options.session);
  if (!store) return Failure(store.error());
  const auto run_id = chosenRun(*store, options, console);
  if (!run_id) return Failure(run_id.error());
  const auto run = store->load(*run_id);
  if (!run) return Failure(run.error());
  if (options.json_file == "-") return console.out(toJson(*run, 2) + "\n");
  const auto written =
      options.csv_dir ? exportCsv(*run, *options.csv_dir) : exportJson(*run, *options.json_file);
  if (!written) return Failure(written.error());
  for (const std::string& path : *written) notice(console, "wrote " + path);
  return {};
}

}  // namespace xkv::cli
