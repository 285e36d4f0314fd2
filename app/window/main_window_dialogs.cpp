// SPDX-License-Identifier: GPL-3.0-or-later
/// The window's menus that are filled when they open, and what asks the user for a file or a line.
#include <QActionGroup>
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMessageBox>
#include <QPointer>
#include <QThreadPool>
#include <set>

#include "app/export/csv.h"
#include "app/export/json_file.h"
#include "app/version.h"
#include "app/window/command_palette.h"
#include "app/window/main_window.h"
#include "app/window/start_session.h"
#include "views/run_naming.h"

namespace xkv::window {
namespace {

QString sessionFilter() { return QMainWindow::tr("xKV sessions (*.xkv)"); }

}  // namespace

void MainWindow::fillRecent() {
  menus_.recent->clear();
  for (const QString& path : state_.recent_files) {
    connect(menus_.recent->addAction(QDir::toNativeSeparators(path)), &QAction::triggered, this,
            [this, path] { controller_.openSession(path); });
  }
  menus_.recent->setDisabled(controller_.isRunning());
}

void MainWindow::fillScales(QMenu& menu) {
  menu.clear();
  for (const double scale : {1.0, 1.25, 1.5, 2.0}) {
    QAction* action = menu.addAction(QStringLiteral("%1×").arg(scale, 0, 'g', 3));
    action->setCheckable(true);
    action->setChecked(settings_.scale == scale);
    connect(action, &QAction::triggered, this,
            [this, scale] { applyTheme(settings_.theme, scale); });
  }
}

void MainWindow::fillModels(QMenu& menu) {
  std::set<QString> folders;
  const QString shipped = shippedFile(QStringLiteral("demo-model"));
  if (!shipped.isEmpty()) folders.insert(shipped);
  for (const RunSummary& run : controller_.summaries()) {
    if (!run.spec.cache_file.empty()) continue;
    folders.insert(modelHere(QString::fromStdString(run.spec.model_dir)));
  }
  const auto choose = [this](const QString& folder) {
    RunSpec spec = draft();
    spec.model_dir = folder.toStdString();
    spec.cache_file.clear();
    draft_ = spec;
    updateToolBar();
  };
  for (const QString& folder : folders) {
    QAction* action = menu.addAction(QFileInfo(folder).fileName());
    action->setToolTip(folder);
    connect(action, &QAction::triggered, this, [choose, folder] { choose(folder); });
  }
  menu.setToolTipsVisible(true);
  menu.addSeparator();
  connect(menu.addAction(tr("Choose a model folder…")), &QAction::triggered, this, [this, choose] {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Model folder"), state_.model_dir);
    if (!folder.isEmpty()) choose(folder);
  });
}

void MainWindow::fillPrompts(QMenu& menu) {
  std::set<QString> seen;
  for (const RunSummary& run : controller_.summaries()) {
    const QString name = views::promptName(run.spec);
    if (!run.spec.cache_file.empty() || name.isEmpty() || !seen.insert(name).second) continue;
    connect(menu.addAction(name), &QAction::triggered, this, [this, from = run.spec] {
      RunSpec spec = draft();
      spec.prompt_name = from.prompt_name;
      spec.prompt = from.prompt;
      spec.prompt_ids = from.prompt_ids;
      draft_ = spec;
      updateToolBar();
    });
  }
  menu.addSeparator();
  menu.addAction(tr("Write a prompt…"), this, &MainWindow::openForm);
}

void MainWindow::fillBaselines(QMenu& menu) {
  menu.addAction(tr("None"), this, [this] { pinBaseline(0); });
  menu.addSeparator();
  for (const RunSummary& run : controller_.summaries()) {
    QAction* action = menu.addAction(tr("run %1 · %2").arg(run.run_id).arg(views::runTitle(run)));
    action->setCheckable(true);
    action->setChecked(run.run_id == baseline_id_);
    connect(action, &QAction::triggered, this, [this, id = run.run_id] { pinBaseline(id); });
  }
}

void MainWindow::chooseSession() {
  if (controller_.isRunning())
    return status_->notice(tr("Another session can be opened when the run has ended"));
  const QString folder = QFileInfo(controller_.sessionPath()).absolutePath();
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Open session"), folder, sessionFilter());
  if (!path.isEmpty()) controller_.openSession(path);
}

void MainWindow::chooseCache() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Import a captured cache"),
                                                    QDir::homePath(),
                                                    tr("Captured caches (*.safetensors)"));
  if (!path.isEmpty()) importCache(path);
}

/// A run like any other, but for the model: the engine reads the rows from the file.
void MainWindow::importCache(const QString& path) {
  RunSpec spec;
  spec.cache_file = path.toStdString();
  spec.prompt_name = QFileInfo(path).fileName().toStdString();
  spec.max_new_tokens = 0;
  startRun(spec);
}

void MainWindow::chooseCopy() {
  QString path =
      QFileDialog::getSaveFileName(this, tr("Save a copy"), QDir::homePath(), sessionFilter());
  if (path.isEmpty()) return;
  if (QFileInfo(path).suffix().isEmpty()) path += QStringLiteral(".xkv");
  controller_.saveCopy(path);
}

void MainWindow::chooseEngine() {
  bool accepted = false;
  const QString line = QInputDialog::getText(
      this, tr("Engine command"),
      tr("Command of the engine, such as \"ssh host xkv serve\". Empty: xkv beside this program."),
      QLineEdit::Normal, settings_.engine, &accepted);
  if (!accepted) return;
  settings_.engine = line.trimmed();
  settings_.save();
  controller_.setEngineCommand(engineCommand(settings_.engine));
}

void MainWindow::exportRun(bool csv) {
  if (!selected_) return status_->notice(tr("No run is selected, so there is nothing to export"));
  const QString suggested =
      QDir::home().filePath(QStringLiteral("run-%1%2")
                                .arg(selected_->run_id)
                                .arg(csv ? QString() : QStringLiteral(".json")));
  const QString path = csv ? QFileDialog::getExistingDirectory(this, tr("Folder for the CSV files"),
                                                               QDir::homePath())
                           : QFileDialog::getSaveFileName(this, tr("Export run as JSON"), suggested,
                                                          tr("JSON (*.json)"));
  if (path.isEmpty()) return;
  // A large run takes seconds to write; the window does not wait for it.
  QThreadPool::globalInstance()->start([window = QPointer(this), run = selected_, csv, path] {
    const auto written =
        csv ? exportCsv(*run, path.toStdString()) : exportJson(*run, path.toStdString());
    QMetaObject::invokeMethod(qApp, [window, written, path] {
      if (!window) return;
      window->status_->notice(written
                                  ? tr("%1 files were written to %2").arg(written->size()).arg(path)
                                  : QString::fromStdString(written.error().message));
    });
  });
}

void MainWindow::openPalette() {
  std::vector<QAction*> commands = actions_.all();
  for (QAction* panel : menus_.panels->actions()) commands.push_back(panel);
  auto* palette = new CommandPalette(commands, this);
  palette->popUnder(*command_field_);
}

/// The one thing that cannot be had back.
void MainWindow::removeRun(qint64 run_id) {
  const auto answer =
      QMessageBox::question(this, tr("Remove run %1").arg(run_id),
                            tr("Run %1 and everything it measured will be removed from %2.")
                                .arg(run_id)
                                .arg(QFileInfo(controller_.sessionPath()).fileName()),
                            QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Cancel);
  if (answer == QMessageBox::Discard) controller_.removeRun(run_id);
}

void MainWindow::showAbout() {
  QMessageBox::about(this, tr("About xKV Scope"),
                     tr("xKV Scope %1\n\nHow far can this model's KV cache be compressed, and what "
                        "does it cost?\n\n"
                        "This window: GPL-3.0-or-later. Engine and records: Apache-2.0.\nQt %2")
                         .arg(QLatin1String(kVersion), QLatin1String(qVersion())));
}

}  // namespace xkv::window
