// SPDX-License-Identifier: GPL-3.0-or-later
/// Making the panels, and carrying the runs and the selection between the views.
#include "app/window/explore.h"

#include <QVBoxLayout>

#include "app/window/hint_line.h"
#include "app/window/status_line.h"
#include "app/window/timeline_page.h"
#include "views/answer_strip.h"
#include "views/cka_view.h"
#include "views/error_view.h"
#include "views/generation_view.h"
#include "views/memory_view.h"
#include "views/run_form.h"
#include "views/session_browser.h"
#include "views/spectrum_view.h"
#include "views/what_if_panel.h"

namespace xkv::window {
namespace {

using views::EmptyText;
using views::Panel;

QString runSubtitle(const std::shared_ptr<const Run>& run, const QString& text) {
  return run ? QStringLiteral("run %1 · %2").arg(run->run_id).arg(text) : QString();
}

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
      what_if_(new views::WhatIfPanel),
      timeline_(new TimelinePage),
      strip_(new views::AnswerStrip),
      banner_(new QWidget) {
  makePanels();
  connectSelection();
  connectWhatIf();
  connectSession();
  setSelected(nullptr);
}

Explore::~Explore() = default;

QWidget* Explore::strip() const { return strip_; }

void Explore::makePanels() {
  panels_.session = new Panel(tr("Session"), session_);
  panels_.cka = new Panel(tr("CKA"), cka_);
  panels_.spectra = new Panel(tr("Spectra"), spectra_);
  panels_.memory = new Panel(tr("Memory"), memory_);
  panels_.error = new Panel(tr("Error"), error_);
  panels_.texts = new Panel(tr("Texts"), texts_);
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
  for (Panel* panel : panels_.inOrder())
    connect(panel, &Panel::emptyButtonClicked, this, &Explore::newRunRequested);
}

void Explore::setHintLine(HintLine* hints) { banner_->layout()->addWidget(hints); }

void Explore::connectSelection() {
  connect(cka_, &views::CkaView::selectionChanged, this, &Explore::setSelection);
  connect(spectra_, &views::SpectrumView::selectionChanged, this, &Explore::setSelection);
  connect(error_, &views::ErrorView::selectionChanged, this, &Explore::setSelection);
  connect(texts_, &views::GenerationView::selectionChanged, this, &Explore::setSelection);
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
  panels_.session->title()->setSubtitle(runs.empty() ? QString() : tr("%1 runs").arg(runs.size()));
}

void Explore::setSelected(const std::shared_ptr<const Run>& run) {
  const auto before =
      std::exchange(run_, run);  // views read the old one until they are given the new
  session_->setRun(run_);
  cka_->setRun(run_.get());
  spectra_->setRun(run_.get());
  error_->setRun(run_.get());
  timeline_->setRun(run_);
  followRun(before.get());
  showRuns();
}

void Explore::setBaseline(const std::shared_ptr<const Run>& run) {
  const auto before = std::exchange(baseline_, run);
  error_->setBaseline(baseline_.get());
  what_if_->setBaseline(baseline_.get());
  showRuns();
}

void Explore::showRuns() {
  memory_->setRuns(run_, baseline_);
  texts_->setRuns(run_, baseline_);
  strip_->setRuns(run_, baseline_);
  panels_.cka->title()->setSubtitle(cka_->subtitle());
  panels_.spectra->title()->setSubtitle(spectra_->subtitle());
  panels_.error->title()->setSubtitle(error_->subtitle());
  panels_.timeline->title()->setSubtitle(run_ ? timeline_->subtitle() : QString());
  panels_.memory->title()->setSubtitle(runSubtitle(run_, tr("bytes by part")));
  panels_.texts->title()->setSubtitle(runSubtitle(run_, tr("dense beside compressed")));
  showOrExplain(panels_.cka, cka_, run_ != nullptr);
  showOrExplain(panels_.spectra, spectra_, run_ != nullptr);
  showOrExplain(panels_.error, error_, run_ != nullptr);
  showOrExplain(panels_.what_if, what_if_, run_ != nullptr);
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
  Q_EMIT selectionTextChanged(selectionText(selection, run_.get()));
}

void Explore::toggleStream(Stream stream) {
  views::Selection selection = selection_;
  selection.stream = selection.stream == stream ? std::nullopt : std::optional(stream);
  setSelection(selection);
}

void Explore::stepDifference(bool forward) { texts_->stepDifference(forward); }

void Explore::setTimelineFull(bool full) { timeline_->setFull(full); }

}  // namespace xkv::window
