// SPDX-License-Identifier: GPL-3.0-or-later
/// The window: menu, tool bar, docks, answer strip, status line, and which run is A and which is B.
#pragma once

#include <QMainWindow>
#include <memory>

#include "app/window/explore.h"
#include "app/window/run_controller.h"
#include "app/window/settings.h"
#include "app/window/status_line.h"
#include "app/window/tool_bar.h"
#include "app/window/window_actions.h"

namespace xkv::window {

class CommandField;
class DuelQueue;
class HintLine;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  MainWindow(RunController& controller, Settings settings, WindowState state);
  ~MainWindow() override;

  bool showsRun() const { return selected_ != nullptr; }
  Explore& explore() { return *explore_; }
  DockHost& docks() { return *docks_; }
  qint64 selectedRun() const { return selected_id_; }
  qint64 baselineRun() const { return baseline_id_; }

 public Q_SLOTS:
  void selectRun(qint64 run_id);
  /// 0 = none.
  void pinBaseline(qint64 run_id);
  /// Every method on the selected run's prompt, at dense bytes / `ratio`.
  void startDuel(double ratio);
  /// As the menu's "Import a captured cache", as soon as the session that is being opened is there.
  void importWhenOpen(const QString& path);

 Q_SIGNALS:
  void runShown();  ///< a run has reached the panels for the first time

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void buildBody();
  void connectActions();
  void connectController();
  void connectExplore();
  void connectDuel();
  void openDuel();
  void updateDuel();
  void fillRecent();
  void fillScales(QMenu& menu);
  void fillModels(QMenu& menu);
  void fillPrompts(QMenu& menu);
  void fillBaselines(QMenu& menu);

  void onSessionOpened();
  void onSessionFailed(const QString& path, const Error& error);
  void onSummaries();
  void onRunChanged(qint64 run_id);
  void onRunEnded(qint64 run_id);
  void onCopied(const QString& path);

  void chooseSession();
  void chooseCache();
  void importCache(const QString& path);
  void chooseCopy();
  void chooseEngine();
  void exportRun(bool csv);
  void startRun(const RunSpec& spec);
  void openForm();
  void applyTheme(views::ThemeKind theme, double scale);
  void showAbout();
  void openPalette();
  void removeRun(qint64 run_id);
  void swapBaseline();
  void updateToolBar();
  const RunSummary* summary(qint64 run_id) const;
  qint64 firstChoice() const;
  RunSpec draft() const;

  RunController& controller_;
  Settings settings_;
  WindowState state_;
  WindowActions actions_;
  WindowMenus menus_;
  ToolBar* tool_bar_;
  DockHost* docks_;
  Explore* explore_;
  DuelQueue* duel_;
  HintLine* hints_;
  StatusLine* status_;
  QLabel* file_name_;
  CommandField* command_field_;

  qint64 selected_id_ = 0;
  qint64 baseline_id_ = 0;
  std::shared_ptr<const Run> selected_;
  std::optional<RunSpec>
      draft_;                 ///< what the tool bar's menus chose; none = the selected run's spec
  QString import_;            ///< a captured cache that waits for the session
  bool choose_runs_ = false;  ///< a session was opened: its first run is to be shown
};

}  // namespace xkv::window
