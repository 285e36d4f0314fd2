// SPDX-License-Identifier: GPL-3.0-or-later
/// What the user says after an answer: one field, one button, and the reason where there is nothing
/// to say.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace xkv::views {

class TurnField : public QWidget {
  Q_OBJECT
 public:
  explicit TurnField(QWidget* parent = nullptr);

  /// Why nothing can be said now ("The run goes on."); empty = it can.
  void setObstacle(const QString& reason);
  /// The next turn was sent; the field is free for another.
  void clear();

 Q_SIGNALS:
  void said(const QString& text);  ///< by Enter or the button; never empty

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void restyle();
  void send();

  QLineEdit* text_;
  QPushButton* send_;
  QLabel* why_not_;
};

}  // namespace xkv::views
