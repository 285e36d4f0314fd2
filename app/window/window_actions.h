// SPDX-License-Identifier: GPL-3.0-or-later
/// Every action of the window with its key: menus, shortcuts and the shortcut sheet read the same
/// list.
#pragma once

#include <QAction>
#include <vector>

#include "app/window/shortcut_sheet.h"

class QMainWindow;

namespace xkv::window {

struct WindowActions {
  QAction* open = nullptr;
  QAction* import_cache = nullptr;
  QAction* save_copy = nullptr;
  QAction* export_csv = nullptr;
  QAction* export_json = nullptr;
  QAction* quit = nullptr;
  QAction* undo = nullptr;
  QAction* redo = nullptr;
  QAction* copy_command = nullptr;
  QAction* clear_selection = nullptr;
  QAction* dark = nullptr;
  QAction* filter = nullptr;
  QAction* palette = nullptr;
  QAction* table = nullptr;
  QAction* maximise = nullptr;
  QAction* next_panel = nullptr;
  QAction* previous_panel = nullptr;
  QAction* default_layout = nullptr;
  QAction* streams_keys = nullptr;
  QAction* streams_values = nullptr;
  QAction* next_difference = nullptr;
  QAction* previous_difference = nullptr;
  QAction* run = nullptr;
  QAction* new_run = nullptr;
  QAction* stop = nullptr;
  QAction* measure = nullptr;
  QAction* duel = nullptr;
  QAction* restart_engine = nullptr;
  QAction* engine_command = nullptr;
  QAction* pin_baseline = nullptr;
  QAction* swap_baseline = nullptr;
  QAction* rank_k_less = nullptr;
  QAction* rank_k_more = nullptr;
  QAction* rank_v_less = nullptr;
  QAction* rank_v_more = nullptr;
  QAction* shortcuts = nullptr;
  QAction* about = nullptr;

  std::vector<QAction*> all() const;
};

/// Makes the actions and adds them to the window, so that their keys work everywhere in it. Keys
/// that are single letters are left to a text field while it has the focus: that is Qt's own rule.
WindowActions makeActions(QMainWindow& window);

/// Puts them into the window's menu bar. `recent` and `scale` are menus that the window fills.
struct WindowMenus {
  QMenu* recent = nullptr;
  QMenu* scale = nullptr;
  QMenu* panels = nullptr;
};
WindowMenus makeMenus(QMainWindow& window, const WindowActions& actions);

/// The actions' keys and the keys that panels handle themselves.
std::vector<ShortcutLine> shortcutLines(const WindowActions& actions);

}  // namespace xkv::window
