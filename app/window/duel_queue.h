// SPDX-License-Identifier: GPL-3.0-or-later
/// The runs of a duel, one after another: what `xkv duel` does, asked of the window's own engine.
#pragma once

#include <QObject>
#include <vector>

#include "profiling/duel_plan.h"
#include "profiling/records/session.h"

namespace xkv::window {

/// Every method of a duel over the run's prompt and model, at `ratio` = dense bytes over a
/// method's. bad_input: the run has no model, or no prompt yet; as planDuel.
Result<std::vector<DuelEntry>> duelEntries(const Run& run, double ratio);

class DuelQueue : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// The run's own prompt as ids and its settings, with each entry's compression in turn.
  void start(const Run& run, std::vector<DuelEntry> entries);
  bool isGoing() const { return next_ < entries_.size() || waits_; }
  /// A run of the window is over; a duel's next one is asked for, or the rest is given up.
  void onRunEnded(qint64 run_id, RunStatus status);

 Q_SIGNALS:
  void runRequested(const xkv::RunSpec& spec);
  /// A run of the duel is over; its name in the duel.
  void runNamed(qint64 run_id, const QString& name);
  void ended(const QString& sentence);

 private:
  void requestNext();
  void end(const QString& sentence);

  RunSpec spec_;
  std::vector<DuelEntry> entries_;
  size_t next_ = 0;     ///< entry that is asked for next
  bool waits_ = false;  ///< the entry before it goes on
};

}  // namespace xkv::window
