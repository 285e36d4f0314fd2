// SPDX-License-Identifier: Apache-2.0
/// `xkv show` and `xkv session`: what stands in a session, and small changes to it.
#include "app/cli/commands.h"
#include "app/cli/run_report.h"
#include "profiling/records/json.h"
#include "storage/session_store.h"

namespace xkv::cli {
namespace {

using storage::SessionStore;

std::string jsonArray(const std::vector<RunSummary>& runs) {
  std::string text = "[";
  for (const RunSummary& run : runs) text += (text.size() > 1 ? ",\n " : "") + toJson(run);
  return text + "]\n";
}

Status listRuns(const std::string& path, bool json, const Console& console) {
  const auto store = SessionStore::openReadOnly(path);
  if (!store) return Failure(store.error());
  const auto runs = store->list();
  if (!runs) return Failure(runs.error());
  return console.out(json ? jsonArray(*runs) : runListText(*runs));
}

Status change(SessionStore& store, const SessionOptions& options) {
  switch (options.action) {
    case SessionAction::remove:
      return store.remove(options.run);
    case SessionAction::title:
      return store.setTitle(options.run, options.text);
    case SessionAction::note:
      return store.setNotes(options.run, options.text);
    case SessionAction::tag:
      return store.setTags(options.run, options.tags);
    case SessionAction::list:
    case SessionAction::copy:
      break;
  }
  return {};
}

}  // namespace

Status showCommand(const ShowOptions& options, const Console& console) {
  if (!options.run) return listRuns(options.session, options.json, console);
  const auto store = SessionStore::openReadOnly(options.session);
  if (!store) return Failure(store.error());
  const auto run = store->load(*options.run);
  if (!run) return Failure(run.error());
  return console.out(options.json ? toJson(*run) + "\n" : runText(*run));
}

Status sessionCommand(const SessionOptions& options, const Console& console) {
  if (options.action == SessionAction::list)
    return listRuns(options.session, options.json, console);
  if (options.action == SessionAction::copy) {
    const auto store = SessionStore::openReadOnly(options.session);
    return store ? store->copyTo(options.copy_to) : Status(Failure(store.error()));
  }
  auto store = SessionStore::open(options.session);
  return store ? change(*store, options) : Status(Failure(store.error()));
}

}  // namespace xkv::cli
