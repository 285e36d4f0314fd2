// SPDX-License-Identifier: GPL-3.0-or-later
/// Every command by its name: a line to type in, and the commands that have these words.
#pragma once

#include <QAbstractButton>
#include <QFrame>
#include <QPointer>
#include <vector>

class QAction;
class QLineEdit;
class QListWidget;

namespace xkv::window {

/// Lives while it is open. Enter or a click runs a command and closes it, Esc closes it.
class CommandPalette : public QFrame {
  Q_OBJECT

 public:
  /// Commands that cannot be used now are left out.
  CommandPalette(const std::vector<QAction*>& actions, QWidget* parent);
  void popUnder(const QWidget& field);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill();
  void runCurrent();

  std::vector<QPointer<QAction>> actions_;
  QLineEdit* words_;
  QListWidget* list_;
};

/// The field in the menu bar that opens the palette.
class CommandField : public QAbstractButton {
  Q_OBJECT

 public:
  explicit CommandField(QWidget* parent = nullptr);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace xkv::window
