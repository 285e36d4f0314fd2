// SPDX-License-Identifier: GPL-3.0-or-later
/// The duel of the window: which runs it shows, and asking for one.
#include <QInputDialog>

#include "app/window/duel_queue.h"
#include "app/window/main_window.h"
#include "views/duel_rows.h"

namespace xkv::window {
namespace {

constexpr double kFirstRatio = 4;
constexpr double kMostRatio = 64;

}  // namespace

/// The runs that ask what the selected one asks, those that are here; the others are read from the
/// file.
void MainWindow::updateDuel() {
  if (!explore_->duelIsShown()) return;
  const RunSummary* selected = summary(selected_id_);
  std::vector<std::shared_ptr<const Run>> runs;
  for (const RunSummary& one : controller_.summaries()) {
    const bool shown = selected && views::asksTheSame(one.spec, selected->spec) &&
                       (one.status == RunStatus::finished || one.run_id == selected_id_);
    if (!shown) continue;
    controller_.loadRun(one.run_id);
    if (auto run = controller_.run(one.run_id)) runs.push_back(std::move(run));
  }
  explore_->setDuel(runs);
}

void MainWindow::connectDuel() {
  connect(explore_, &Explore::duelShown, this, &MainWindow::updateDuel);
  connect(explore_, &Explore::duelRequested, this, &MainWindow::openDuel);
  connect(&controller_, &RunController::summariesChanged, this, &MainWindow::updateDuel);
  connect(&controller_, &RunController::runChanged, this, &MainWindow::updateDuel);
  connect(&controller_, &RunController::runEnded, duel_, &DuelQueue::onRunEnded);
  connect(duel_, &DuelQueue::runRequested, this, &MainWindow::startRun);
  connect(duel_, &DuelQueue::ended, status_, &StatusLine::notice);
  connect(duel_, &DuelQueue::runNamed, this, [this](qint64 run_id, const QString& name) {
    controller_.setTitle(run_id, name);
    controller_.setTags(run_id, {QStringLiteral("duel")});
  });
}

void MainWindow::openDuel() {
  if (controller_.isRunning() || duel_->isGoing())
    return status_->notice(tr("A duel can begin when the run has ended"));
  bool accepted = false;
  const double ratio = QInputDialog::getDouble(
      this, tr("Duel"),
      tr("All methods run one after another on the selected run's prompt, at equal bytes:\n"
         "dense bytes over those of each method."),
      kFirstRatio, 1, kMostRatio, 2, &accepted, {}, 0.5);
  if (accepted) startDuel(ratio);
}

void MainWindow::startDuel(double ratio) {
  if (!selected_) return status_->notice(tr("A duel needs a run: its prompt and its model"));
  if (controller_.readOnly())
    return status_->notice(tr("This session is read-only: save a copy first, then run"));
  auto entries = duelEntries(*selected_, ratio);
  if (!entries) return status_->notice(QString::fromStdString(entries.error().message));
  docks_->reveal(docks_->panels().duel);
  duel_->start(*selected_, std::move(*entries));
}

}  // namespace xkv::window
