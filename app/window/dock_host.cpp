// SPDX-License-Identifier: GPL-3.0-or-later
/// Placing, remembering, focusing and maximising panels.
#include "app/window/dock_host.h"

#include <QApplication>
#include <QMouseEvent>
#include <QTimer>
#include <algorithm>
#include <utility>

#include "views/theme.h"

namespace xkv::window {
namespace {

using views::Panel;
using views::px;

constexpr int kStateVersion = 3;

}  // namespace

DockHost::DockHost(QWidget* parent) : QMainWindow(parent) {
  setWindowFlags(Qt::Widget);
  setObjectName(QStringLiteral("docks"));
  setDockNestingEnabled(true);
  setAnimated(false);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::South);
}

void DockHost::setPanels(const ExplorePanels& panels) {
  panels_ = panels;
  for (Panel* panel : panels_.inOrder()) {
    connect(panel, &Panel::maximiseRequested, this, [this, panel] { toggleMaximised(panel); });
  }
  placeAll();
}

void DockHost::placeAll() {
  // All in one area: without a central widget Qt shares spare height out between areas as it likes.
  addDockWidget(Qt::LeftDockWidgetArea, panels_.session);
  splitDockWidget(panels_.session, panels_.timeline, Qt::Vertical);
  splitDockWidget(panels_.session, panels_.cka, Qt::Horizontal);
  splitDockWidget(panels_.cka, panels_.what_if, Qt::Horizontal);
  splitDockWidget(panels_.cka, panels_.spectra, Qt::Vertical);
  splitDockWidget(panels_.spectra, panels_.error, Qt::Horizontal);
  tabifyDockWidget(panels_.spectra, panels_.memory);
  tabifyDockWidget(panels_.error, panels_.texts);
  tabifyDockWidget(panels_.texts, panels_.duel);
  tabifyDockWidget(panels_.duel, panels_.xray);
  for (Panel* panel : panels_.inOrder()) panel->show();
  panels_.spectra->raise();
  panels_.error->raise();
  applyDefaultSizes();
  sizeLater();
}

void DockHost::applyDefaultSizes() {
  // The places of WINDOW.md 3 at 1600 x 1000; other sizes keep the frame and give the rest to the
  // centre.
  const bool narrow = width() < px(1400);
  const bool wide = width() >= px(2200);
  const bool low = height() < px(760);
  const bool high = height() >= px(1200);
  const int session = narrow ? px(40) : wide ? px(280) : px(232);  // narrow: a rail
  const int what_if = narrow ? px(264) : wide ? px(344) : px(296);
  const int centre = qMax(px(420), width() - session - what_if - 2 * px(4));
  const int timeline = low ? px(84) : high ? px(296) : px(116);
  const int upper = qMax(px(400), height() - timeline - px(4));
  const int map = low    ? qMax(px(300), upper * 300 / 548)
                  : high ? upper * 472 / 976
                         : upper * 372 / 712;
  resizeDocks({panels_.session, panels_.cka, panels_.what_if}, {session, centre, what_if},
              Qt::Horizontal);
  resizeDocks({panels_.cka, panels_.spectra}, {map, upper - map - px(4)}, Qt::Vertical);
  resizeDocks({panels_.spectra, panels_.error}, {centre / 2, centre / 2}, Qt::Horizontal);
  resizeDocks({panels_.session, panels_.timeline}, {upper, timeline}, Qt::Vertical);
}

void DockHost::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  sizeLater();
}

bool DockHost::event(QEvent* event) {
  if (event->type() == QEvent::MouseButtonPress &&
      isSeparator(static_cast<QMouseEvent*>(event)->position().toPoint())) {
    default_sizes_ = false;
  }
  return QMainWindow::event(event);
}

void DockHost::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  sizeLater();
}

/// Once the panels know their own least sizes, which they do after the style has reached them.
void DockHost::sizeLater() {
  QTimer::singleShot(0, this, [this] {
    if (!panels_.session || maximised_) return;
    const QByteArray layout = std::exchange(pending_layout_, {});
    if (!layout.isEmpty() && restoreState(layout, kStateVersion)) default_sizes_ = false;
    if (default_sizes_) applyDefaultSizes();
  });
}

QByteArray DockHost::layout() const {
  return maximised_ ? layout_before_ : saveState(kStateVersion);
}

void DockHost::restoreLayout(const QByteArray& layout) {
  pending_layout_ = layout;
  if (isVisible()) sizeLater();
}

void DockHost::restoreDefaultLayout() {
  if (maximised_) toggleMaximised(maximised_);
  default_sizes_ = true;
  for (Panel* panel : panels_.inOrder()) {
    panel->setFloating(false);
    removeDockWidget(panel);
  }
  placeAll();
}

Panel* DockHost::focusedPanel() const {
  const QWidget* focus = QApplication::focusWidget();
  for (Panel* panel : panels_.inOrder()) {
    if (focus && (panel == focus || panel->isAncestorOf(focus))) return panel;
  }
  return nullptr;
}

void DockHost::focusNext(bool forward) {
  const auto panels = panels_.inOrder();
  const auto count = static_cast<int>(panels.size());
  const auto found = std::find(panels.begin(), panels.end(), focusedPanel());
  int index = found == panels.end() ? (forward ? -1 : 0) : static_cast<int>(found - panels.begin());
  for (int tried = 0; tried < count; ++tried) {
    index = (index + (forward ? 1 : count - 1)) % count;
    Panel* panel = panels[static_cast<size_t>(index)];
    if (maximised_ && panel != maximised_) continue;
    reveal(panel);
    QWidget* target = panel->table() ? panel->table() : panel->content();
    if (target->focusPolicy() == Qt::NoFocus) {
      for (QWidget* child : target->findChildren<QWidget*>()) {
        if (child->focusPolicy() != Qt::NoFocus && child->isVisibleTo(panel) &&
            child->isEnabled()) {
          target = child;
          break;
        }
      }
    }
    target->setFocus(Qt::TabFocusReason);
    return;
  }
}

void DockHost::reveal(Panel* panel) {
  panel->show();
  panel->raise();
}

void DockHost::toggleMaximised(Panel* panel) {
  if (maximised_) {
    maximised_->title()->setMaximised(false);
    maximised_ = nullptr;
    for (Panel* other : panels_.inOrder()) other->show();
    restoreState(layout_before_, kStateVersion);
  } else if (panel) {
    layout_before_ = saveState(kStateVersion);
    maximised_ = panel;
    panel->title()->setMaximised(true);
    for (Panel* other : panels_.inOrder()) other->setVisible(other == panel);
  }
  Q_EMIT maximisedChanged();
}

}  // namespace xkv::window
