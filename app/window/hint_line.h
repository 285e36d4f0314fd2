// SPDX-License-Identifier: GPL-3.0-or-later
/// The first-run hints: one line over the centre, one step at a time, never a dialog.
#pragma once

#include <QWidget>

class QLabel;
class QToolButton;

namespace xkv::window {

/// What the hints ask for, in their order.
enum Hint : int { kHintMoveRank, kHintClickCell, kHintPinBaseline, kHintMeasure };

class HintLine : public QWidget {
  Q_OBJECT

 public:
  /// `done` hints are over already.
  explicit HintLine(int done, QWidget* parent = nullptr);
  int done() const { return done_; }
  static int count();

 public Q_SLOTS:
  /// Something was done that hint `index` asks for; the line goes on when it shows that hint.
  void completed(int index);
  void dismiss();

 Q_SIGNALS:
  void advanced(int done);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void showHint();
  void restyle();

  int done_;
  QLabel* label_;
  QToolButton* close_;
};

}  // namespace xkv::window
