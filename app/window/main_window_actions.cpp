// SPDX-License-Identifier: GPL-3.0-or-later
/// What each action of the window does.
#include <QApplication>
#include <QClipboard>
#include <QMenu>

#include "app/window/hint_line.h"
#include "app/window/main_window.h"
#include "app/window/shortcut_sheet.h"
#include "views/command_line.h"
#include "views/theme.h"

namespace xkv::window {

void MainWindow::connectActions() {
  const auto on = [this](QAction* action, auto slot) {
    connect(action, &QAction::triggered, this, slot);
  };
  on(actions_.open, &MainWindow::chooseSession);
  on(actions_.import_cache, &MainWindow::chooseCache);
  on(actions_.save_copy, &MainWindow::chooseCopy);
  on(actions_.export_csv, [this] { exportRun(true); });
  on(actions_.export_json, [this] { exportRun(false); });
  on(actions_.quit, &QWidget::close);
  on(actions_.copy_command, [this] {
    QApplication::clipboard()->setText(
        views::commandLineOf(explore_->whatIfSpec().value_or(draft())));
    status_->notice(tr("The command line is on the clipboard"));
  });
  on(actions_.undo, [this] {
    if (!explore_->undo()) status_->notice(tr("Nothing is left to undo"));
  });
  on(actions_.redo, [this] {
    if (!explore_->redo()) status_->notice(tr("Nothing is left to redo"));
  });
  on(actions_.filter, [this] { explore_->focusFilter(docks_->focusedPanel()); });
  on(actions_.palette, &MainWindow::openPalette);
  on(actions_.table, [this] {
    views::Panel* panel = docks_->focusedPanel() ? docks_->focusedPanel() : docks_->panels().cka;
    if (!explore_->toggleTable(panel))
      status_->notice(tr("%1 has no plot that could be a table").arg(panel->windowTitle()));
  });
  on(actions_.clear_selection, [this] { explore_->setSelection({}); });
  on(actions_.dark, [this](bool dark) {
    applyTheme(dark ? views::ThemeKind::dark : views::ThemeKind::light, settings_.scale);
  });
  on(actions_.maximise, [this] {
    docks_->toggleMaximised(docks_->focusedPanel() ? docks_->focusedPanel() : docks_->panels().cka);
  });
  on(actions_.next_panel, [this] { docks_->focusNext(true); });
  on(actions_.previous_panel, [this] { docks_->focusNext(false); });
  on(actions_.default_layout, [this] { docks_->restoreDefaultLayout(); });
  on(actions_.streams_keys, [this] { explore_->toggleStream(Stream::key); });
  on(actions_.streams_values, [this] { explore_->toggleStream(Stream::value); });
  on(actions_.next_difference, [this] { explore_->stepDifference(true); });
  on(actions_.previous_difference, [this] { explore_->stepDifference(false); });
  on(actions_.run, [this] { startRun(draft()); });
  on(actions_.new_run, &MainWindow::openForm);
  on(actions_.stop, [this] { controller_.cancelRun(); });
  on(actions_.measure, [this] { explore_->measure(); });
  on(actions_.duel, &MainWindow::openDuel);
  on(actions_.restart_engine, [this] { controller_.restartEngine(); });
  on(actions_.engine_command, &MainWindow::chooseEngine);
  on(actions_.pin_baseline, [this] {
    pinBaseline(baseline_id_ == selected_id_ ? 0 : selected_id_);
    hints_->completed(kHintPinBaseline);
  });
  on(actions_.swap_baseline, &MainWindow::swapBaseline);
  on(actions_.rank_k_less, [this] { explore_->stepRank(Stream::key, -1); });
  on(actions_.rank_k_more, [this] { explore_->stepRank(Stream::key, 1); });
  on(actions_.rank_v_less, [this] { explore_->stepRank(Stream::value, -1); });
  on(actions_.rank_v_more, [this] { explore_->stepRank(Stream::value, 1); });
  on(actions_.shortcuts, [this] { ShortcutSheet(shortcutLines(actions_), this).exec(); });
  on(actions_.about, &MainWindow::showAbout);
  connect(menus_.recent, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
  connect(menus_.scale, &QMenu::aboutToShow, this, [this] { fillScales(*menus_.scale); });
  actions_.dark->setChecked(settings_.theme == views::ThemeKind::dark);
}

}  // namespace xkv::window
