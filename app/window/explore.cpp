// SPDX-License-Identifier: GPL-3.0-or-later
/// Making the panels, and carrying the runs and the selection between the views.
#include "app/window/explore.h"

#include <QVBoxLayout>

#include "app/window/hint_line.h"
#include "app/window/panel_state.h"
#include "app/window/status_line.h"
#include "app/window/timeline_page.h"
#include "views/answer_strip.h"
#include "views/cka_view.h"
#include "views/duel_view.h"
#include "views/error_view.h"
#include "views/generation_view.h"
#include "views/memory_view.h"
#include "views/run_form.h"
#include "views/run_naming.h"
#include "views/session_browser.h"
#include "views/spectrum_view.h"
#include "views/stream_look.h"
#include "views/theme.h"
#include "views/what_if_panel.h"
#include "views/xray_view.h"

namespace xkv::window {
namespace {

using views::EmptyText;
using views::Panel;
using views::px;

QString runSubtitle(const std::shared_ptr<const Run>& run, const QString& text) {
  return run ? QStringLiteral("run %1 · %2").arg(run->run_id).arg(text) : QString();
}

bool hasCka(const Run& run) { return !run.cka.empty(); }
bool hasSpectra(const Run& run) { return !run.spectra.empty(); }
bool hasErrors(const Run& run) { return !run.reconstructions.empty(); }
bool hasMemory(const Run& run) { return run.memory.has_value(); }
bool hasTokens(const Run& run) { return !run.tokens.empty(); }
bool hasSpans(const Run& run) { return !run.timeline.spans.empty(); }

template <class View>
void showOrExplain(Panel* panel, const View* view, bool has_run) {
  std::optional<EmptyText> reason = view->emptyReason();
  if (!reason) return panel->showContent();
  if (!has_run && reason->button.isEmpty()) reason->button = QObject::tr("New run…");
  panel->showEmpty(*reason);
}

}  // namespace

Explore::Explore(QObject* parent)
    : QObject(parent),
      session_(new views::SessionBrowser),
      cka_(new views::CkaView),
      spectra_(new views::SpectrumView),
      memory_(new views::MemoryView),
      error_(new views::ErrorView),
      texts_(new views::GenerationView),
      duel_(new views::DuelView),
      xray_(new views::XrayView),
      what_if_(new views::WhatIfPanel),
      timeline_(new TimelinePage),
      strip_(new views::AnswerStrip),
      banner_(new QWidget) {
  clock_.start();
  makePanels();
  connectSelection();
  connectWhatIf();
  connectSession();
  connectXray();
  setSelected(nullptr);
}

Explore::~Explore() = default;

QWidget* Explore::strip() const { return strip_; }

void Explore::makePanels() {
  panels_.session = new Panel(tr("Session"), session_);
  panels_.session->title()->setMinimumWidth(px(40));  // as a rail
  panels_.cka = new Panel(tr("CKA"), cka_);
  panels_.spectra = new Panel(tr("Spectra"), spectra_);
  panels_.memory = new Panel(tr("Memory"), memory_);
  panels_.error = new Panel(tr("Error"), error_);
  panels_.texts = new Panel(tr("Texts"), texts_);
  panels_.duel = new Panel(tr("Duel"), duel_);
  panels_.xray = new Panel(tr("Selection"), xray_);
  panels_.what_if = new Panel(tr("What-if"), what_if_);
  panels_.timeline = new Panel(tr("Timeline"), timeline_);
  for (QWidget* widget : cka_->titleWidgets()) panels_.cka->title()->addWidget(widget);
  for (QWidget* widget : spectra_->titleWidgets()) panels_.spectra->title()->addWidget(widget);
  for (QWidget* widget : error_->titleWidgets()) panels_.error->title()->addWidget(widget);
  for (QWidget* widget : what_if_->titleWidgets()) panels_.what_if->title()->addWidget(widget);
  auto* column = new QVBoxLayout(banner_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  panels_.cka->setCard(banner_);
  for (Panel* panel : panels_.inOrder()) {
    if (panel != panels_.duel)
      connect(panel, &Panel::emptyButtonClicked, this, &Explore::newRunRequested);
  }
  connect(panels_.duel, &Panel::emptyButtonClicked, this, &Explore::duelRequested);
  connect(panels_.duel, &Panel::visibilityChanged, this, [this](bool shown) {
    duel_shown_ = shown;
    if (shown) Q_EMIT duelShown();
  });
}

void Explore::connectSelection() {
  connect(cka_, &views::CkaView::selectionChanged, this, &Explore::setSelection);
  connect(cka_, &views::CkaView::streamChosen, this, &Explore::showStream);
  connect(spectra_, &views::SpectrumView::selectionChanged, this, &Explore::setSelection);
  connect(error_, &views::ErrorView::selectionChanged, this, &Explore::setSelection);
  connect(texts_, &views::GenerationView::selectionChanged, this, &Explore::setSelection);
  connect(duel_, &views::DuelView::runSelected, this, &Explore::runSelected);
  connect(texts_, &views::GenerationView::turnRequested, this, &Explore::runRequested);
  connect(timeline_, &TimelinePage::selectionChanged, this, &Explore::setSelection);
}

void Explore::connectSession() {
  using views::SessionBrowser;
  connect(session_, &SessionBrowser::runSelected, this, &Explore::runSelected);
  connect(session_, &SessionBrowser::baselineRequested, this, &Explore::baselineRequested);
  connect(session_, &SessionBrowser::titleChanged, this, &Explore::titleEdited);
  connect(session_, &SessionBrowser::notesChanged, this, &Explore::notesEdited);
  connect(session_, &SessionBrowser::tagsChanged, this, &Explore::tagsEdited);
  connect(session_, &SessionBrowser::removeRequested, this, &Explore::removeRequested);
  connect(session_, &SessionBrowser::emptyButtonClicked, this, &Explore::newRunRequested);
  connect(memory_, &views::MemoryView::emptyButtonClicked, this, &Explore::newRunRequested);
  connect(texts_, &views::GenerationView::emptyButtonClicked, this, &Explore::newRunRequested);
  connect(timeline_, &TimelinePage::emptyButtonClicked, this, &Explore::newRunRequested);
  connect(strip_, &views::AnswerStrip::cancelRequested, this, &Explore::cancelRequested);
}

void Explore::setRuns(const std::vector<RunSummary>& runs, qint64 selected, qint64 baseline) {
  session_->setRuns(runs);
  session_->setBaseline(baseline);
  session_->setSelected(selected);
  panels_.session->title()->setSubtitle(runs.empty()       ? QString()
                                        : runs.size() == 1 ? tr("1 run")
                                                           : tr("%1 runs").arg(runs.size()));
}

/// The run that a panel shows: the selected one or, while that goes on and has nothing for the
/// panel yet, the one before it, with a chip that says so.
std::shared_ptr<const Run> Explore::freshOr(Panel* panel, bool (*has)(const Run&), bool expected,
                                            const QString& partial) const {
  const bool waits = run_ && run_->finished.status == RunStatus::running && expected &&
                     !has(*run_) && previous_ && has(*previous_);
  const auto shown = waits ? previous_ : run_;
  QStringList chip{waits ? tr("from run %1").arg(previous_->run_id) : partial};
  if (shown) chip << views::weightsMark(shown->started.model);
  chip.removeAll(QString());
  panel->title()->setChip(chip.join(QStringLiteral(", ")));
  return shown;
}

void Explore::setSelected(const std::shared_ptr<const Run>& run) {
  const auto keep = previous_;  // views read the old ones until they are given the new
  const auto before = std::exchange(run_, run);
  if (before && (!run_ || before->run_id != run_->run_id)) previous_ = before;
  const AnalysisScope analysis = run_ ? run_->started.spec.analysis : AnalysisScope::none;
  session_->setRun(run_);
  cka_->setRun(freshOr(panels_.cka, hasCka, analysis == AnalysisScope::all,
                       run_ ? partialCka(*run_) : QString())
                   .get());
  spectra_->setRun(freshOr(panels_.spectra, hasSpectra, analysis != AnalysisScope::none,
                           run_ ? partialSpectra(*run_) : QString())
                       .get());
  error_->setRun(freshOr(panels_.error, hasErrors, run_ && !run_->started.plan.empty(),
                         run_ ? partialErrors(*run_) : QString())
                     .get());
  timeline_->setRun(freshOr(panels_.timeline, hasSpans, true, {}));
  followXray();
  followRun();
  showRuns();
}

void Explore::setBaseline(const std::shared_ptr<const Run>& run) {
  const auto before = std::exchange(baseline_, run);
  error_->setBaseline(baseline_.get());
  what_if_->setBaseline(baseline_.get());
  showRuns();
}

void Explore::setDuel(const std::vector<std::shared_ptr<const Run>>& runs) {
  duel_runs_ = runs;
  duel_->setRuns(runs, run_ ? run_->run_id : 0);
  panels_.duel->title()->setSubtitle(duel_->subtitle());
  panels_.duel->title()->setChip(runs.empty() ? QString()
                                              : views::weightsMark(runs.front()->started.model));
  if (const auto reason = duel_->emptyReason()) {
    panels_.duel->showEmpty(*reason);
  } else {
    panels_.duel->showContent();
  }
  refreshTables();
}

void Explore::showRuns() {
  const auto memory = freshOr(panels_.memory, hasMemory, true, {});
  const auto texts = freshOr(panels_.texts, hasTokens, true, {});
  memory_->setRuns(memory, baseline_);
  texts_->setRuns(texts, baseline_);
  strip_->setRuns(run_, baseline_);
  panels_.cka->title()->setSubtitle(cka_->subtitle());
  panels_.error->title()->setSubtitle(error_->subtitle());
  panels_.timeline->title()->setSubtitle(run_ ? timeline_->subtitle() : QString());
  panels_.memory->title()->setSubtitle(runSubtitle(memory, tr("bytes by part")));
  panels_.texts->title()->setSubtitle(runSubtitle(texts, tr("dense beside compressed")));
  showOrExplain(panels_.cka, cka_, run_ != nullptr);
  showOrExplain(panels_.error, error_, run_ != nullptr);
  showOrExplain(panels_.what_if, what_if_, run_ != nullptr);
  showXray();
  showRegrouped();
  refreshTables();
}

/// Groups that a what-if made may have no spectrum.
void Explore::showRegrouped() {
  panels_.spectra->title()->setSubtitle(spectra_->subtitle());
  showOrExplain(panels_.spectra, spectra_, run_ != nullptr);
}

void Explore::setSelection(const views::Selection& selection) {
  if (selection.layers && selection.layers != selection_.layers)
    Q_EMIT hintCompleted(kHintClickCell);
  selection_ = selection;
  cka_->setSelection(selection);
  spectra_->setSelection(selection);
  error_->setSelection(selection);
  texts_->setSelection(selection);
  timeline_->setSelection(selection);
  xray_->setSelection(selection);
  Q_EMIT selectionTextChanged(selectionText(selection, run_.get()));
  noteView();
}

void Explore::toggleStream(Stream place) {
  const Stream stream = views::likeIn(run_.get(), place);
  const bool shown = stream_shown_ && views::isLike(*stream_shown_, stream);
  showStream(shown ? std::nullopt : std::optional(stream));
}

void Explore::showStream(std::optional<Stream> stream) {
  stream_shown_ = stream;
  cka_->setStream(stream);
  views::Selection selection = selection_;
  selection.stream = stream;
  setSelection(selection);
}

void Explore::stepDifference(bool forward) { texts_->stepDifference(forward); }

ViewState Explore::viewState() const {
  return {selection_, what_if_->plan() ? std::optional(what_if_->config()) : std::nullopt,
          stream_shown_};
}

void Explore::noteView() {
  if (!applying_) history_.record(viewState(), clock_.elapsed());
}

void Explore::apply(const ViewState& state) {
  applying_ = true;
  if (state.what_if && what_if_->plan()) {
    what_if_->setConfig(*state.what_if);
    showWhatIf();
    showRegrouped();
  }
  stream_shown_ = state.stream_shown;
  cka_->setStream(stream_shown_);
  setSelection(state.selection);
  applying_ = false;
}

bool Explore::undo() {
  const auto state = history_.undo();
  if (state) apply(*state);
  return state.has_value();
}

bool Explore::redo() {
  const auto state = history_.redo();
  if (state) apply(*state);
  return state.has_value();
}

void Explore::focusFilter(const Panel* panel) {
  if (panel != panels_.timeline || !timeline_->focusSearch()) session_->focusFilter();
}

void Explore::setTimelineFull(bool full) { timeline_->setFull(full); }

}  // namespace xkv::window
