// SPDX-License-Identifier: GPL-3.0-or-later
/// What failed, why, what was kept and what to do next; sits on top of the panel it is about.
#pragma once

#include <QFrame>
#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace xkv::views {

/// Sentences. Empty ones are left out, so is the log.
struct ErrorText {
  QString title;      ///< "The engine was killed by the system (signal 9) while factoring group 3"
  QString when;       ///< "20:52:13"
  QString cause;      ///< the numbers
  QString inner;      ///< the inner message, grey behind the cause
  QString kept;       ///< what was kept and what was lost
  QString next_step;  ///< "What would fit." or the next step
  QString next_step_title = QStringLiteral("Next step.");
  QStringList buttons;  ///< the first is the one most likely to work
  QString log;          ///< of the engine, oldest line first
};

class ErrorCard : public QFrame {
  Q_OBJECT
 public:
  explicit ErrorCard(const ErrorText& text, QWidget* parent = nullptr);

  /// What "Copy details" puts on the clipboard: everything, log included.
  QString details() const;
  void setLogShown(bool shown);

 Q_SIGNALS:
  void buttonClicked(int index);  ///< of ErrorText::buttons
  void closed();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void addHead(QVBoxLayout& column);
  void addSentence(QVBoxLayout& column, const QString& head, const QString& sentence,
                   const QString& grey = {});
  void addButtons(QVBoxLayout& column);
  void addLog(QVBoxLayout& column);
  void restyle();

  ErrorText text_;
  QLabel* icon_ = nullptr;
  std::vector<std::pair<QLabel*, QString>> sentences_;  // "%1" = the colour of the grey part
  QToolButton* close_ = nullptr;
  QPushButton* copy_ = nullptr;
  QToolButton* log_button_ = nullptr;
  QLabel* last_line_ = nullptr;
  QPlainTextEdit* log_ = nullptr;
};

}  // namespace xkv::views
