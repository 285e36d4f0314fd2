// SPDX-License-Identifier: GPL-3.0-or-later
/// The runs of a duel, one after another.
#include "app/window/duel_queue.h"

#include <cmath>
#include <utility>

#include "profiling/layer_groups.h"

namespace xkv::window {

Result<std::vector<DuelEntry>> duelEntries(const Run& run, double ratio) {
  const RunStarted& started = run.started;
  if (!started.spec.cache_file.empty() || started.prompt_ids.empty()) {
    return failure(ErrorKind::bad_input,
                   "A duel needs a run of a model over a prompt; run " +
                       std::to_string(run.run_id) +
                       (started.prompt_ids.empty() ? " has no prompt yet" : " has no model"));
  }
  LedgerShape shape;
  shape.cache = cacheShapeOf(started.model);
  shape.seq_len = static_cast<int64_t>(started.prompt_ids.size());
  shape.bytes_per_element = bytesPerElement(started.spec.dtype);
  shape.head_dim = started.model.head_dim;
  shape.num_kv_heads = started.model.num_kv_heads;
  const int64_t dense_bytes = ledgerRatios(shape, {}).dense_bytes;
  return planDuel(shape, std::llround(static_cast<double>(dense_bytes) / ratio));
}

void DuelQueue::start(const Run& run, std::vector<DuelEntry> entries) {
  spec_ = run.started.spec;
  spec_.prompt_ids = run.started.prompt_ids;
  spec_.analysis = AnalysisScope::all;  // errors, KL and both texts
  entries_ = std::move(entries);
  next_ = 0;
  requestNext();
}

void DuelQueue::requestNext() {
  spec_.compression = entries_[next_].method.config;
  ++next_;
  waits_ = true;
  Q_EMIT runRequested(spec_);
}

void DuelQueue::onRunEnded(qint64 run_id, RunStatus status) {
  if (!std::exchange(waits_, false)) return;
  const auto name = QString::fromStdString(entries_[next_ - 1].method.name);
  if (run_id != 0) Q_EMIT runNamed(run_id, name);
  if (status != RunStatus::finished)
    return end(tr("The duel ended at %1; %2 of %3 runs are there")
                   .arg(name)
                   .arg(next_ - 1)
                   .arg(entries_.size()));
  if (next_ == entries_.size())
    return end(tr("The duel is over: %1 runs at equal bytes").arg(entries_.size()));
  // The controller is still telling of the run that has ended.
  QMetaObject::invokeMethod(this, &DuelQueue::requestNext, Qt::QueuedConnection);
}

void DuelQueue::end(const QString& sentence) {
  entries_.clear();
  next_ = 0;
  Q_EMIT ended(sentence);
}

}  // namespace xkv::window
