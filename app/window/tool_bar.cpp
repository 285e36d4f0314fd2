// SPDX-License-Identifier: GPL-3.0-or-later
/// The tool bar's parts and the words of the engine's states.
#include "app/window/tool_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

#include "views/icons.h"
#include "views/theme.h"

namespace xkv::window {
namespace {

using views::px;
using views::roles;

// Below this width the labels "Model", "Prompt" and "Baseline" go (WINDOW.md 3).
constexpr int kWideFrom = 1400;

class GroupRule : public QWidget {
 public:
  explicit GroupRule(QWidget* parent) : QWidget(parent) { setFixedSize(px(9), px(24)); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter(this).fillRect(width() / 2, 0, 1, height(), roles().border);
  }
};

}  // namespace

ToolBar::ToolBar(ToolBarMenus menus, QWidget* parent)
    : QWidget(parent),
      run_(new QPushButton(tr("Run"), this)),
      stop_(new QPushButton(tr("Stop"), this)),
      model_(new FieldButton(tr("Model"), std::move(menus.model), this)),
      prompt_(new FieldButton(tr("Prompt"), std::move(menus.prompt), this)),
      baseline_(new FieldButton(tr("Baseline"), std::move(menus.baseline), this)),
      device_(new Chip(tr("Device"), this)),
      engine_(new Chip(tr("Engine"), this)) {
  run_->setProperty("primary", true);
  stop_->setToolTip(tr("Stop the run at its next safe point (Ctrl+.)"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(px(8), 0, px(8), 0);
  row->setSpacing(px(8));
  row->addWidget(run_);
  row->addWidget(stop_);
  row->addWidget(new GroupRule(this));
  for (FieldButton* field : {model_, prompt_, baseline_}) row->addWidget(field);
  row->addStretch(1);
  row->addWidget(device_);
  row->addWidget(engine_);
  connect(run_, &QPushButton::clicked, this, &ToolBar::runRequested);
  connect(stop_, &QPushButton::clicked, this, &ToolBar::stopRequested);
  setBaseline({});
  setEngine(EngineState::off, {});
  restyle();
}

void ToolBar::setRun(bool possible, const QString& reason) {
  run_->setEnabled(possible);
  run_->setToolTip(reason);
  run_->setAccessibleDescription(reason);
}

void ToolBar::setBaseline(const QString& text) {
  if (text.isEmpty()) {
    baseline_->setValue(tr("none pinned"));
  } else {
    baseline_->setValue(text, views::Badge::a);
  }
}

void ToolBar::setEngine(EngineState state, const QString& device_name) {
  stop_->setEnabled(state == EngineState::running || state == EngineState::stopping);
  device_->setState(ChipTone::neutral, device_name,
                    tr("Where the engine works. A run can ask for another device in its form"));
  switch (state) {
    case EngineState::off:
      return engine_->setState(ChipTone::neutral, tr("Engine off"),
                               tr("It starts with the first run"));
    case EngineState::starting:
      return engine_->setState(ChipTone::busy, tr("Engine starting"),
                               tr("Its process has not said hello yet"));
    case EngineState::idle:
      return engine_->setState(ChipTone::good, tr("Engine idle"),
                               tr("A process of its own, ready for a run"));
    case EngineState::running:
      return engine_->setState(ChipTone::good, tr("Engine running"),
                               tr("A run goes on; Ctrl+. stops it"));
    case EngineState::stopping:
      return engine_->setState(ChipTone::busy, tr("Engine stopping"),
                               tr("It was asked to stop at its next safe point"));
    case EngineState::dead:
      return engine_->setState(ChipTone::bad, tr("Engine stopped"),
                               tr("The next run starts it again; Ctrl+Shift+R restarts it now"));
  }
}

void ToolBar::restyle() {
  setFixedHeight(px(44));
  run_->setIcon(views::icon(QStringLiteral("run"), roles().on_accent));
  stop_->setIcon(views::icon(QStringLiteral("stop")));
}

void ToolBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().header);
  painter.fillRect(0, height() - 1, width(), 1, roles().border);
}

void ToolBar::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  for (FieldButton* field : {model_, prompt_, baseline_})
    field->setLabelShown(width() >= px(kWideFrom));
}

void ToolBar::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::StyleChange) restyle();
}

}  // namespace xkv::window
