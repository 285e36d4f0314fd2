// SPDX-License-Identifier: GPL-3.0-or-later
/// The panels of Explore and what joins them: one selection, the selected run B, the baseline A,
/// the what-if.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <memory>
#include <optional>
#include <vector>

#include "app/window/dock_host.h"
#include "app/window/run_controller.h"
#include "app/window/view_history.h"
#include "profiling/records/session.h"
#include "views/selection.h"

namespace xkv::views {
class AnswerStrip;
class CkaView;
class DuelView;
class ErrorCard;
class ErrorView;
class GenerationView;
class MemoryView;
class RunForm;
class SessionBrowser;
class SpectrumView;
struct TableTwin;
class WhatIfPanel;
class XrayView;
}  // namespace xkv::views

namespace xkv::window {

enum class FailureAction;
class HintLine;
class TimelinePage;

class Explore : public QObject {
  Q_OBJECT

 public:
  explicit Explore(QObject* parent);
  ~Explore() override;

  const ExplorePanels& panels() const { return panels_; }
  QWidget* strip() const;
  void setHintLine(HintLine* hints);

  void setRuns(const std::vector<RunSummary>& runs, qint64 selected, qint64 baseline);
  void setSelected(const std::shared_ptr<const Run>& run);
  void setBaseline(const std::shared_ptr<const Run>& run);
  /// Runs of the session that ask what the selected one asks; they are read while the panel can be
  /// seen.
  void setDuel(const std::vector<std::shared_ptr<const Run>>& runs);
  bool duelIsShown() const { return duel_shown_; }
  const views::Selection& selection() const { return selection_; }
  void setSelection(const views::Selection& selection);

  /// The selected run's spec with the groups and ranks of the what-if; none without a run.
  std::optional<RunSpec> whatIfSpec() const;
  void measure();
  void stepRank(Stream stream, int by);
  /// Keys (or values) alone in the CKA map and marked elsewhere, or both again.
  void toggleStream(Stream stream);
  /// Selection, what-if and streams shown, one step back or forth; false at the end of the way.
  bool undo();
  bool redo();
  /// The panel's table twin instead of its plot, or the plot again; false where it has none.
  bool toggleTable(views::Panel* panel);
  /// What Ctrl+F means in a panel: the timeline's search, else the filter of the runs.
  void focusFilter(const views::Panel* panel);
  void stepDifference(bool forward);

  void setRunning(bool running);
  void setTimelineFull(bool full);
  void showFailure(const RunFailure& failure);
  void clearFailure();
  void setProgress(const ProgressRecord& progress);
  void openForm(const RunSpec& spec, QWidget* parent);
  /// The answer to modelQuestioned().
  void setDescribedModel(const ModelShape& model);
  void setDescribeFailed();

 Q_SIGNALS:
  void runSelected(qint64 run_id);
  void baselineRequested(qint64 run_id);
  void titleEdited(qint64 run_id, const QString& title);
  void notesEdited(qint64 run_id, const QString& notes);
  void tagsEdited(qint64 run_id, const QStringList& tags);
  void removeRequested(qint64 run_id);
  void newRunRequested();
  void duelRequested();  ///< all methods on the selected run's prompt
  void duelShown();      ///< the panel has come into sight: setDuel is due
  void runRequested(const xkv::RunSpec& spec);
  void formRequested(const xkv::RunSpec& spec);
  void cancelRequested();
  void restartRequested();
  void modelQuestioned(const QString& model_dir);
  void selectionTextChanged(const QString& text);
  void hintCompleted(int hint);

 private:
  void makePanels();
  void connectSelection();
  void connectWhatIf();
  void connectSession();
  std::shared_ptr<const Run> freshOr(views::Panel* panel, bool (*has)(const Run&), bool expected,
                                     const QString& partial) const;
  void showStream(std::optional<Stream> stream);
  ViewState viewState() const;
  void noteView();
  void apply(const ViewState& state);
  std::optional<views::TableTwin> twinOf(const views::Panel* panel) const;
  void refreshTables();
  void followRun();
  void onWhatIfMoved();
  static bool sameGroups(const std::vector<PlannedGroup>& one,
                         const std::vector<PlannedGroup>& other);
  void showRuns();
  void showWhatIf();
  void showRegrouped();
  void connectXray();
  void followXray();
  void showXray();
  std::optional<int64_t> whatIfTokens() const;
  void act(FailureAction action, RunSpec spec);

  views::SessionBrowser* session_;
  views::CkaView* cka_;
  views::SpectrumView* spectra_;
  views::MemoryView* memory_;
  views::ErrorView* error_;
  views::GenerationView* texts_;
  views::DuelView* duel_;
  views::XrayView* xray_;
  views::WhatIfPanel* what_if_;
  TimelinePage* timeline_;
  views::AnswerStrip* strip_;
  QWidget* banner_;  ///< above the CKA map: hints and error card
  ExplorePanels panels_;
  QPointer<views::ErrorCard> card_;
  QPointer<views::RunForm> form_;

  std::shared_ptr<const Run> run_;
  std::shared_ptr<const Run> baseline_;
  std::shared_ptr<const Run>
      previous_;  ///< what was shown before run_; stands in until that has results
  std::shared_ptr<const Run> what_if_run_;  ///< whose spectra the what-if reads: run_ or previous_
  views::Selection selection_;
  std::optional<Stream> stream_shown_;
  ViewHistory history_;
  QElapsedTimer clock_;    ///< of the history
  bool applying_ = false;  ///< a state of the history: no new one
  bool running_ = false;
  bool duel_shown_ = false;
  std::vector<std::shared_ptr<const Run>> duel_runs_;
  QElapsedTimer run_clock_;  ///< since Run was pressed
};

}  // namespace xkv::window
