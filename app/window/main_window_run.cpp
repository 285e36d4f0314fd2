// SPDX-License-Identifier: GPL-3.0-or-later
/// Which run would start next, starting it, and what the tool bar says of it.
#include <QFileInfo>

#include "app/window/main_window.h"
#include "app/window/start_session.h"
#include "views/run_naming.h"

namespace xkv::window {

RunSpec MainWindow::draft() const {
  RunSpec spec;
  if (draft_) {
    spec = *draft_;
  } else if (selected_) {
    spec = selected_->started.spec;
  } else {
    spec.model_dir = state_.model_dir.isEmpty() ? QStringLiteral("demo-model").toStdString()
                                                : state_.model_dir.toStdString();
  }
  spec.model_dir = modelHere(QString::fromStdString(spec.model_dir)).toStdString();
  return spec;
}

void MainWindow::startRun(const RunSpec& spec) {
  if (controller_.isRunning()) return;
  if (controller_.readOnly()) {
    status_->notice(tr("This session is read-only: save a copy first, then run"));
    chooseCopy();
    return;
  }
  const bool needs_prompt = spec.cache_file.empty() && spec.prompt_ids.empty();
  if (needs_prompt && spec.prompt.empty()) return openForm();
  RunSpec here = spec;
  here.model_dir = modelHere(QString::fromStdString(spec.model_dir)).toStdString();
  draft_ = here;
  if (!here.model_dir.empty()) state_.model_dir = QString::fromStdString(here.model_dir);
  explore_->clearFailure();
  explore_->setRunning(true);
  controller_.startRun(here);
  updateToolBar();
}

void MainWindow::openForm() { explore_->openForm(draft(), this); }

void MainWindow::updateToolBar() {
  const RunSpec spec = draft();
  const bool running = controller_.isRunning();
  const std::string& source = spec.cache_file.empty() ? spec.model_dir : spec.cache_file;
  const QString model = QFileInfo(QString::fromStdString(source)).fileName();
  const bool described =
      selected_ && selected_->started.model.num_layers > 0 &&
      modelHere(QString::fromStdString(selected_->started.spec.model_dir)).toStdString() ==
          spec.model_dir;
  tool_bar_->setModel(described ? tr("%1 · %2 layers, kv_dim %3")
                                      .arg(model)
                                      .arg(selected_->started.model.num_layers)
                                      .arg(selected_->started.model.kvDim())
                                : model);
  const QString prompt = views::promptName(spec);
  const bool counted = selected_ && selected_->started.spec.prompt == spec.prompt;
  tool_bar_->setPrompt(
      prompt.isEmpty() ? tr("none yet")
      : counted        ? tr("%1 · %2 tokens").arg(prompt).arg(selected_->started.prompt_ids.size())
                       : prompt);
  const RunSummary* baseline = summary(baseline_id_);
  tool_bar_->setBaseline(
      baseline ? tr("run %1 · %2").arg(baseline_id_).arg(views::runTitle(*baseline)) : QString());
  const QString what =
      views::methodName(spec.compression, selected_ ? selected_->started.model : ModelShape{});
  tool_bar_->setRun(!running, running ? tr("A run goes on; Ctrl+. stops it")
                                      : tr("Run %1 on %2 (Ctrl+R)").arg(what, model));
  tool_bar_->setEngine(controller_.engineState(), controller_.deviceName());
  actions_.run->setEnabled(!running);
  actions_.stop->setEnabled(running);
}

}  // namespace xkv::window
