// SPDX-License-Identifier: GPL-3.0-or-later
/// The line under the menu: Run, Stop, model, prompt, baseline, and how the engine is.
#pragma once

#include <QWidget>

#include "app/window/chip.h"
#include "app/window/field_button.h"
#include "app/window/run_controller.h"

class QPushButton;

namespace xkv::window {

/// What fills the three menus each time they open.
struct ToolBarMenus {
  std::function<void(QMenu&)> model;
  std::function<void(QMenu&)> prompt;
  std::function<void(QMenu&)> baseline;
};

class ToolBar : public QWidget {
  Q_OBJECT

 public:
  explicit ToolBar(ToolBarMenus menus, QWidget* parent = nullptr);

  /// What Run would do, or why it cannot: the tooltip. `possible` enables it.
  void setRun(bool possible, const QString& reason);
  void setModel(const QString& text) { model_->setValue(text); }
  void setPrompt(const QString& text) { prompt_->setValue(text); }
  /// Empty = none is pinned.
  void setBaseline(const QString& text);
  void setEngine(EngineState state, const QString& device_name);

 Q_SIGNALS:
  void runRequested();
  void stopRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void restyle();

  QPushButton* run_;
  QPushButton* stop_;
  FieldButton* model_;
  FieldButton* prompt_;
  FieldButton* baseline_;
  Chip* device_;
  Chip* engine_;
};

}  // namespace xkv::window
