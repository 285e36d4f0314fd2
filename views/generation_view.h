// SPDX-License-Identifier: GPL-3.0-or-later
/// The dense answer beside the compressed ones, token by token, the first difference marked.
#pragma once

#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "profiling/records/session.h"
#include "views/badge.h"
#include "views/selection.h"

class QScrollArea;
class QStackedWidget;

namespace xkv::views {

class EmptyPanel;
class TokenCanvas;
class TurnField;

/// One answer as it is drawn.
struct AnswerRow {
  int64_t turn = 0;  ///< of the conversation
  QString said;      ///< what the user said before it; empty at turn 0, which the prompt began
  std::optional<Badge> badge;  ///< none = dense
  QString name;
  QString beside;  ///< "run 2"
  std::vector<TokenRecord> tokens;
  int64_t first_difference = -1;  ///< step where it leaves the dense answer; -1 = nowhere
  std::vector<bool> differs;      ///< per token: another id than the dense answer's at that step
  QString verdict;                ///< "1 of 6 tokens"
  QString kl;                     ///< "largest KL 0.027 nat"
  bool same = true;
};

class GenerationView : public QWidget {
  Q_OBJECT
 public:
  explicit GenerationView(QWidget* parent = nullptr);

  /// B and the baseline; either may be null. The dense answer comes from B's record, else from A's.
  void setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline);
  void setSelection(const Selection& selection);
  /// Why nothing can be said after the answer now ("A run goes on."); empty = it can, if the run
  /// allows it.
  void setTurnObstacle(const QString& reason);

  const std::vector<AnswerRow>& rows() const { return rows_; }
  /// "First divergent token: 2. A chose . (0.78); dense chose 0 (1.00)."; empty if none differs.
  QString sentence() const { return sentence_; }

 public Q_SLOTS:
  /// N and Shift+N: the next or previous token that differs from the dense answer, going round.
  void stepDifference(bool forward);

 Q_SIGNALS:
  void selectionChanged(const xkv::views::Selection& selection);
  void turnRequested(const xkv::RunSpec& spec);  ///< the run again, with what was said behind it
  void emptyButtonClicked();

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void showSelected();
  void showObstacle();

  std::shared_ptr<const Run> run_;
  std::shared_ptr<const Run> baseline_;
  std::vector<AnswerRow> rows_;
  QString sentence_;
  Selection selection_;
  QString obstacle_;
  TokenCanvas* canvas_;
  TurnField* turn_;
  QScrollArea* scroll_;
  EmptyPanel* empty_;
  QStackedWidget* stack_;
};

/// Rows for the view, turn by turn: dense, A, B; those without tokens are left out.
std::vector<AnswerRow> answerRows(const Run* run, const Run* baseline);
/// Names the first divergent token of the row that breaks first; empty if no row does.
QString divergenceSentence(const std::vector<AnswerRow>& rows);

}  // namespace xkv::views
