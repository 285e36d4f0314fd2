// SPDX-License-Identifier: Apache-2.0
/// Runs taken apart into records, and written as the window would write them.
#include "tests/window/demo_session.h"

#include "storage/session_store.h"
#include "tests/views/demo_run.h"

namespace xkv::window {
namespace {

template <class T>
void addAll(std::vector<Record>& records, const std::vector<T>& more) {
  records.insert(records.end(), more.begin(), more.end());
}

}  // namespace

std::vector<Record> recordsOf(const Run& run) {
  std::vector<Record> records{run.started};
  addAll(records, run.cka);
  addAll(records, run.spectra);
  addAll(records, run.reconstructions);
  if (run.memory) records.push_back(*run.memory);
  addAll(records, run.tokens);
  addAll(records, run.generations);
  addAll(records, run.selections);
  if (run.divergence) records.push_back(*run.divergence);
  addAll(records, run.latencies);
  records.push_back(run.timeline);
  records.push_back(run.finished);
  return records;
}

Status writeSession(const std::string& path, const std::vector<Run>& runs) {
  auto store = storage::SessionStore::create(path);
  if (!store) return Failure(store.error());
  for (const Run& run : runs) {
    const auto run_id = store->beginRun(run.started);
    if (!run_id) return Failure(run_id.error());
    for (const Record& record : recordsOf(run)) {
      if (std::holds_alternative<RunStarted>(record)) continue;
      if (auto kept = store->append(*run_id, record); !kept) return kept;
    }
  }
  return {};
}

std::vector<Run> demoRuns() {
  std::vector<Run> runs{
      views::demoDenseRun(),
      views::demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12}),
      views::demoRun({.run_id = 3, .rank_k = 16, .rank_v = 24}), views::demoRun({.run_id = 4})};
  // A run can be repeated only with its prompt.
  for (Run& run : runs) run.started.spec.prompt = "the colour of the river is";
  return runs;
}

}  // namespace xkv::window
