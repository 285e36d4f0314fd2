// SPDX-License-Identifier: GPL-3.0-or-later
/// The list of actions, and the menus made of it.
#include "app/window/window_actions.h"

#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>

namespace xkv::window {
namespace {

QAction* make(QMainWindow& window, const QString& text, const char* keys = nullptr) {
  auto* action = new QAction(text, &window);
  if (keys) {
    QList<QKeySequence> sequences;
    for (const QString& key : QString::fromLatin1(keys).split(u' '))
      sequences.append(QKeySequence(key));
    action->setShortcuts(sequences);
  }
  window.addAction(action);
  return action;
}

}  // namespace

std::vector<QAction*> WindowActions::all() const {
  return {run,
          new_run,
          stop,
          measure,
          duel,
          restart_engine,
          engine_command,
          open,
          import_cache,
          save_copy,
          export_csv,
          export_json,
          quit,
          undo,
          redo,
          copy_command,
          clear_selection,
          filter,
          palette,
          dark,
          table,
          maximise,
          next_panel,
          previous_panel,
          default_layout,
          streams_keys,
          streams_values,
          next_difference,
          previous_difference,
          pin_baseline,
          swap_baseline,
          rank_k_less,
          rank_k_more,
          rank_v_less,
          rank_v_more,
          shortcuts,
          about};
}

WindowActions makeActions(QMainWindow& window) {
  const auto tr = [](const char* text) { return QMainWindow::tr(text); };
  WindowActions a;
  a.open = make(window, tr("Open session…"), "Ctrl+O");
  a.import_cache = make(window, tr("Import a captured cache…"), "Ctrl+Shift+O");
  a.save_copy = make(window, tr("Save a copy…"), "Ctrl+S");
  a.export_csv = make(window, tr("Export run as CSV…"), "Ctrl+E");
  a.export_json = make(window, tr("Export run as JSON…"));
  a.quit = make(window, tr("Quit"), "Ctrl+Q");
  a.undo = make(window, tr("Undo the view or what-if"), "Ctrl+Z");
  a.redo = make(window, tr("Redo the view or what-if"), "Ctrl+Shift+Z");
  a.filter = make(window, tr("Filter this panel"), "Ctrl+F");
  a.palette = make(window, tr("Search commands"), "Ctrl+Shift+P");
  a.table = make(window, tr("Panel as a table, or as a plot again"), "Ctrl+T");
  a.copy_command = make(window, tr("Copy as CLI"), "Ctrl+Shift+C");
  a.clear_selection = make(window, tr("Clear selection"), "Esc");
  a.dark = make(window, tr("Dark theme"));
  a.dark->setCheckable(true);
  a.maximise = make(window, tr("Maximise panel"), "F11");
  a.next_panel = make(window, tr("Next panel"), "F6");
  a.previous_panel = make(window, tr("Previous panel"), "Shift+F6");
  a.default_layout = make(window, tr("Restore default layout"));
  a.streams_keys = make(window, tr("Keys (latents) or both"), "K");
  a.streams_values = make(window, tr("Values (RoPE keys) or both"), "V");
  a.next_difference = make(window, tr("Next difference"), "N");
  a.previous_difference = make(window, tr("Previous difference"), "Shift+N");
  a.run = make(window, tr("Run"), "Ctrl+R");
  a.new_run = make(window, tr("New run…"), "Ctrl+N");
  a.stop = make(window, tr("Stop"), "Ctrl+.");
  a.measure = make(window, tr("Measure the what-if"), "Ctrl+M");
  a.duel = make(window, tr("Duel…"));
  a.restart_engine = make(window, tr("Restart the engine"), "Ctrl+Shift+R");
  a.engine_command = make(window, tr("Engine command…"));
  a.pin_baseline = make(window, tr("Pin selected run as baseline A"), "B");
  a.swap_baseline = make(window, tr("Swap A and B"), "X");
  a.rank_k_less = make(window, tr("Rank of keys (latents) −1"), "[");
  a.rank_k_more = make(window, tr("Rank of keys (latents) +1"), "]");
  a.rank_v_less = make(window, tr("Rank of values (RoPE keys) −1"), "{");
  a.rank_v_more = make(window, tr("Rank of values (RoPE keys) +1"), "}");
  a.shortcuts = make(window, tr("Shortcuts"), "?");
  a.about = make(window, tr("About xKV Scope"));
  return a;
}

WindowMenus makeMenus(QMainWindow& window, const WindowActions& a) {
  WindowMenus menus;
  QMenuBar* bar = window.menuBar();
  QMenu* file = bar->addMenu(QMainWindow::tr("File"));
  file->addAction(a.open);
  file->addAction(a.import_cache);
  menus.recent = file->addMenu(QMainWindow::tr("Open recent"));
  file->addAction(a.save_copy);
  file->addSeparator();
  file->addActions({a.export_csv, a.export_json});
  file->addSeparator();
  file->addAction(a.quit);
  QMenu* edit = bar->addMenu(QMainWindow::tr("Edit"));
  edit->addActions({a.undo, a.redo});
  edit->addSeparator();
  edit->addActions({a.copy_command, a.clear_selection});
  edit->addSeparator();
  edit->addActions({a.filter, a.palette});
  QMenu* view = bar->addMenu(QMainWindow::tr("View"));
  view->addAction(a.dark);
  menus.scale = view->addMenu(QMainWindow::tr("Scale"));
  view->addSeparator();
  view->addActions({a.streams_keys, a.streams_values, a.next_difference, a.previous_difference});
  view->addSeparator();
  menus.panels = view->addMenu(QMainWindow::tr("Panels"));
  view->addActions({a.table, a.maximise, a.next_panel, a.previous_panel, a.default_layout});
  QMenu* run = bar->addMenu(QMainWindow::tr("Run"));
  run->addActions({a.run, a.new_run, a.stop, a.measure, a.duel});
  run->addSeparator();
  run->addActions({a.pin_baseline, a.swap_baseline});
  run->addSeparator();
  run->addActions({a.rank_k_less, a.rank_k_more, a.rank_v_less, a.rank_v_more});
  run->addSeparator();
  run->addActions({a.restart_engine, a.engine_command});
  QMenu* help = bar->addMenu(QMainWindow::tr("Help"));
  help->addActions({a.shortcuts, a.about});
  return menus;
}

std::vector<ShortcutLine> shortcutLines(const WindowActions& actions) {
  std::vector<ShortcutLine> lines;
  for (const QAction* action : actions.all()) {
    if (!action->shortcut().isEmpty()) {
      lines.push_back(
          {action->shortcut().toString(QKeySequence::NativeText), action->text().remove(u'…')});
    }
  }
  lines.push_back({QStringLiteral("W A S D, wheel"), QMainWindow::tr("Zoom and pan the timeline")});
  lines.push_back({QStringLiteral("F, Backspace"),
                   QMainWindow::tr("Timeline: fit the selection; view before")});
  lines.push_back({QStringLiteral(", and ."),
                   QMainWindow::tr("Timeline: previous and next span of the search")});
  lines.push_back(
      {QStringLiteral("Arrows"), QMainWindow::tr("Move the focused cell, token or slider")});
  lines.push_back({QStringLiteral("Wheel, Shift+wheel"),
                   QMainWindow::tr("CKA: zoom at the cursor; pan. Double click: the group")});
  return lines;
}

}  // namespace xkv::window
