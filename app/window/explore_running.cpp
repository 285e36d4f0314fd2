// SPDX-License-Identifier: GPL-3.0-or-later
/// What the panels show of a run that goes on, of one that failed, and the form of the next one.
#include <QTime>
#include <QVBoxLayout>

#include "app/window/explore.h"
#include "app/window/failure_card.h"
#include "app/window/hint_line.h"
#include "views/answer_strip.h"
#include "views/cka_view.h"
#include "views/error_card.h"
#include "views/generation_view.h"
#include "views/run_form.h"
#include "views/theme.h"
#include "views/what_if_panel.h"

namespace xkv::window {
namespace {

constexpr int kLeastMap = 240;  // with a hint above it at 800 px
constexpr int kLeastMapBelowCard = 96;

}  // namespace

void Explore::setHintLine(HintLine* hints) {
  banner_->layout()->addWidget(hints);
  cka_->setMinimumHeight(views::px(kLeastMap));
}

void Explore::setRunning(bool running) {
  running_ = running;
  for (views::Panel* panel : panels_.inOrder()) {
    if (panel != panels_.session && panel != panels_.what_if) panel->title()->setBusy(running);
  }
  what_if_->setMeasureObstacle(running ? tr("A run goes on; Measure waits for its end.")
                                       : QString());
  texts_->setTurnObstacle(running ? tr("A run goes on; the next turn waits for its end.")
                                  : QString());
  if (running) {
    run_clock_.start();
    setProgress({tr("waiting for the engine").toStdString(), 0, 0});
  } else {
    strip_->setProgress(std::nullopt);
  }
}

void Explore::setProgress(const ProgressRecord& progress) {
  if (running_) strip_->setProgress(progress, run_clock_.nsecsElapsed());
}

void Explore::showFailure(const RunFailure& failure) {
  clearFailure();
  const FailureCard card =
      failureCard(failure, QTime::currentTime().toString(QStringLiteral("HH:mm:ss")));
  card_ = new views::ErrorCard(card.text, banner_);
  connect(card_, &views::ErrorCard::closed, this, &Explore::clearFailure);
  connect(card_, &views::ErrorCard::buttonClicked, this,
          [this, actions = card.actions, spec = failure.spec.value_or(RunSpec{})](int index) {
            act(actions.at(static_cast<size_t>(index)), spec);
          });
  banner_->layout()->addWidget(card_);
  // The map gives way to the card, so that the window need not grow.
  cka_->setMinimumHeight(views::px(kLeastMapBelowCard));
}

void Explore::act(FailureAction action, RunSpec spec) {
  if (action == FailureAction::restart_engine) {
    clearFailure();
    Q_EMIT restartRequested();
  } else if (action == FailureAction::change_run) {
    Q_EMIT formRequested(spec);
  } else {
    if (action == FailureAction::retry_without_analysis) spec.analysis = AnalysisScope::none;
    Q_EMIT runRequested(spec);
  }
}

void Explore::clearFailure() {
  if (!card_) return;
  // Its own button may be what asked for this.
  card_->hide();
  card_->deleteLater();
  card_.clear();
  cka_->setMinimumHeight(views::px(kLeastMap));
}

void Explore::openForm(const RunSpec& spec, QWidget* parent) {
  if (!form_) {
    form_ = new views::RunForm(parent);
    form_->setAttribute(Qt::WA_DeleteOnClose);
    connect(form_, &views::RunForm::modelDirChanged, this, &Explore::modelQuestioned);
    connect(form_, &views::RunForm::runRequested, this, [this](const RunSpec& asked) {
      if (form_) form_->close();
      Q_EMIT runRequested(asked);
    });
  }
  form_->setSpec(spec);
  form_->show();
  form_->raise();
  form_->activateWindow();
  if (!spec.model_dir.empty()) Q_EMIT modelQuestioned(QString::fromStdString(spec.model_dir));
}

void Explore::setDescribedModel(const ModelShape& model) {
  if (form_) form_->setModelShape(model);
}

void Explore::setDescribeFailed() {
  if (form_) form_->setModelShape(std::nullopt);
}

}  // namespace xkv::window
