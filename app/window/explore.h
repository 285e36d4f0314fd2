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
#include "profiling/records/session.h"
#include "views/selection.h"

namespace xkv::views {
class AnswerStrip;
class CkaView;
class ErrorCard;
class ErrorView;
class GenerationView;
class MemoryView;
class RunForm;
class SessionBrowser;
class SpectrumView;
class WhatIfPanel;
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
  const views::Selection& selection() const { return selection_; }
  void setSelection(const views::Selection& selection);

  /// The selected run's spec with the groups and ranks of the what-if; none without a run.
  std::optional<RunSpec> whatIfSpec() const;
  void measure();
  void stepRank(Stream stream, int by);
  /// Keys (or values) alone, or both again.
  void toggleStream(Stream stream);
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
  void followRun(const Run* before);
  void onWhatIfMoved();
  static bool sameGroups(const std::vector<PlannedGroup>& one,
                         const std::vector<PlannedGroup>& other);
  void showRuns();
  void showWhatIf();
  void act(FailureAction action, RunSpec spec);

  views::SessionBrowser* session_;
  views::CkaView* cka_;
  views::SpectrumView* spectra_;
  views::MemoryView* memory_;
  views::ErrorView* error_;
  views::GenerationView* texts_;
  views::WhatIfPanel* what_if_;
  TimelinePage* timeline_;
  views::AnswerStrip* strip_;
  QWidget* banner_;  ///< above the CKA map: hints and error card
  ExplorePanels panels_;
  QPointer<views::ErrorCard> card_;
  QPointer<views::RunForm> form_;

  std::shared_ptr<const Run> run_;
  std::shared_ptr<const Run> baseline_;
  views::Selection selection_;
  bool running_ = false;
  QElapsedTimer run_clock_;  ///< since Run was pressed
};

}  // namespace xkv::window
