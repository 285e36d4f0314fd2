// SPDX-License-Identifier: GPL-3.0-or-later
/// Building the window and connecting its parts.
#include "app/window/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QTime>
#include <QVBoxLayout>

#include "app/window/command_palette.h"
#include "app/window/duel_queue.h"
#include "app/window/hint_line.h"
#include "app/window/start_session.h"
#include "views/theme.h"

namespace xkv::window {

using views::px;

MainWindow::MainWindow(RunController& controller, Settings settings, WindowState state)
    : controller_(controller),
      settings_(std::move(settings)),
      state_(std::move(state)),
      actions_(makeActions(*this)),
      menus_(makeMenus(*this, actions_)),
      tool_bar_(new ToolBar({[this](QMenu& menu) { fillModels(menu); },
                             [this](QMenu& menu) { fillPrompts(menu); },
                             [this](QMenu& menu) { fillBaselines(menu); }})),
      docks_(new DockHost),
      explore_(new Explore(this)),
      duel_(new DuelQueue(this)),
      hints_(new HintLine(state_.hint)),
      status_(new StatusLine),
      file_name_(new QLabel),
      command_field_(new CommandField) {
  setAcceptDrops(true);
  buildBody();
  connectActions();
  connectController();
  connectExplore();
  connectDuel();
  resize(QSize(px(1600), px(1000)).boundedTo(screen()->availableSize()));
  restoreGeometry(state_.geometry);
  docks_->restoreLayout(state_.layout);
  updateToolBar();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildBody() {
  auto* corner = new QWidget;
  auto* corner_row = new QHBoxLayout(corner);
  corner_row->setContentsMargins(0, px(4), px(8), px(2));
  corner_row->setSpacing(px(12));
  file_name_->setAlignment(Qt::AlignVCenter | Qt::AlignRight);
  file_name_->setMinimumWidth(px(280));  // a menu bar asks its corner for a size only once
  corner_row->addWidget(file_name_, 1);
  corner_row->addWidget(command_field_);
  menuBar()->setCornerWidget(corner);
  connect(command_field_, &QAbstractButton::clicked, this, &MainWindow::openPalette);
  auto* body = new QWidget;
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(tool_bar_);
  auto* margins = new QVBoxLayout;
  margins->setContentsMargins(px(4), px(4), px(4), px(4));
  margins->addWidget(docks_);
  column->addLayout(margins, 1);
  column->addWidget(explore_->strip());
  column->addWidget(status_);
  setCentralWidget(body);
  docks_->setPanels(explore_->panels());
  explore_->setHintLine(hints_);
  for (views::Panel* panel : explore_->panels().inOrder()) {
    connect(menus_.panels->addAction(panel->windowTitle()), &QAction::triggered, this,
            [this, panel] { docks_->reveal(panel); });
  }
}

void MainWindow::connectController() {
  connect(tool_bar_, &ToolBar::runRequested, actions_.run, &QAction::trigger);
  connect(tool_bar_, &ToolBar::stopRequested, actions_.stop, &QAction::trigger);
  connect(&controller_, &RunController::sessionOpened, this, &MainWindow::onSessionOpened);
  connect(&controller_, &RunController::sessionFailed, this, &MainWindow::onSessionFailed);
  connect(&controller_, &RunController::summariesChanged, this, &MainWindow::onSummaries);
  connect(&controller_, &RunController::runChanged, this, &MainWindow::onRunChanged);
  connect(&controller_, &RunController::runStarted, this, [this](qint64 run_id) {
    explore_->clearFailure();
    selectRun(run_id);
  });
  connect(&controller_, &RunController::runEnded, this, &MainWindow::onRunEnded);
  connect(&controller_, &RunController::progressed, explore_, &Explore::setProgress);
  connect(&controller_, &RunController::runFailed, explore_, &Explore::showFailure);
  connect(&controller_, &RunController::engineChanged, this, &MainWindow::updateToolBar);
  connect(&controller_, &RunController::modelDescribed, explore_,
          [this](const QString&, const ModelShape& model) { explore_->setDescribedModel(model); });
  connect(&controller_, &RunController::describeFailed, explore_, &Explore::setDescribeFailed);
  connect(&controller_, &RunController::copied, this, &MainWindow::onCopied);
  connect(&controller_, &RunController::storageFailed, this, [this](const Error& error) {
    explore_->showFailure({error, {}, {}, {}, 0, false});
  });
  connect(&controller_, &RunController::saved, this, [this] {
    status_->setSaved(file_name_->text(),
                      QTime::currentTime().toString(QStringLiteral("HH:mm:ss")));
  });
}

void MainWindow::connectExplore() {
  connect(explore_, &Explore::runSelected, this, &MainWindow::selectRun);
  connect(explore_, &Explore::baselineRequested, this, &MainWindow::pinBaseline);
  connect(explore_, &Explore::titleEdited, &controller_, &RunController::setTitle);
  connect(explore_, &Explore::notesEdited, &controller_, &RunController::setNotes);
  connect(explore_, &Explore::tagsEdited, &controller_, &RunController::setTags);
  connect(explore_, &Explore::removeRequested, this, &MainWindow::removeRun);
  connect(explore_, &Explore::newRunRequested, this, &MainWindow::openForm);
  connect(explore_, &Explore::runRequested, this, &MainWindow::startRun);
  connect(explore_, &Explore::formRequested, this,
          [this](const RunSpec& spec) { explore_->openForm(spec, this); });
  connect(explore_, &Explore::cancelRequested, &controller_, &RunController::cancelRun);
  connect(explore_, &Explore::restartRequested, &controller_, &RunController::restartEngine);
  connect(explore_, &Explore::modelQuestioned, &controller_, &RunController::describeModel);
  connect(explore_, &Explore::selectionTextChanged, status_, &StatusLine::setSelection);
  connect(explore_, &Explore::hintCompleted, hints_, &HintLine::completed);
  connect(hints_, &HintLine::advanced, this, [this](int done) { state_.hint = done; });
  connect(docks_, &DockHost::maximisedChanged, this,
          [this] { explore_->setTimelineFull(docks_->maximised() == docks_->panels().timeline); });
  connect(status_, &StatusLine::shortcutsRequested, actions_.shortcuts, &QAction::trigger);
}

const RunSummary* MainWindow::summary(qint64 run_id) const {
  for (const RunSummary& one : controller_.summaries()) {
    if (one.run_id == run_id) return &one;
  }
  return nullptr;
}

void MainWindow::onSessionOpened() {
  const QString path = controller_.sessionPath();
  file_name_->setText(QFileInfo(path).fileName() +
                      (controller_.readOnly() ? tr(" (read-only)") : QString()));
  setWindowTitle(file_name_->text());
  setWindowFilePath(path);
  state_.addRecent(path);
  status_->setSaved(file_name_->text(), {});
  explore_->clearFailure();
  explore_->setSelection({});
  draft_.reset();
  selected_.reset();
  selected_id_ = 0;
  baseline_id_ = 0;
  choose_runs_ = true;
}

void MainWindow::onSessionFailed(const QString& path, const Error& error) {
  const QString shipped = shippedFile(QStringLiteral("demo-session.xkv"));
  // Another window may hold the user's copy: the shipped one can still be looked at.
  if (controller_.sessionPath().isEmpty() && path == workingSession() && !shipped.isEmpty() &&
      path != shipped) {
    controller_.openSession(shipped);
  }
  explore_->showFailure({error, {}, {}, {}, 0, false});
}

/// The newest compressed run that finished; else the newest run.
qint64 MainWindow::firstChoice() const {
  qint64 choice = controller_.summaries().empty() ? 0 : controller_.summaries().back().run_id;
  for (const RunSummary& one : controller_.summaries()) {
    if (one.status == RunStatus::finished && isFactored(one.spec.compression.method))
      choice = one.run_id;
  }
  return choice;
}

void MainWindow::onSummaries() {
  if (std::exchange(choose_runs_, false)) {
    selectRun(firstChoice());
    for (const RunSummary& one : controller_.summaries()) {
      const bool compared =
          one.status == RunStatus::finished && isFactored(one.spec.compression.method);
      if (baseline_id_ == 0 && compared && one.run_id != selected_id_) pinBaseline(one.run_id);
    }
  }
  if (selected_id_ != 0 && !summary(selected_id_)) selectRun(firstChoice());
  if (baseline_id_ != 0 && !summary(baseline_id_)) pinBaseline(0);
  explore_->setRuns(controller_.summaries(), selected_id_, baseline_id_);
  if (const auto run = controller_.run(selected_id_)) onRunChanged(run->run_id);
  updateToolBar();
  if (!import_.isEmpty()) importCache(std::exchange(import_, QString()));
}

void MainWindow::importWhenOpen(const QString& path) { import_ = path; }

void MainWindow::selectRun(qint64 run_id) {
  selected_id_ = run_id;
  explore_->setRuns(controller_.summaries(), selected_id_, baseline_id_);
  if (run_id == 0) {
    selected_.reset();
    explore_->setSelected(nullptr);
  } else if (controller_.run(run_id)) {
    onRunChanged(run_id);
  } else {
    controller_.loadRun(run_id);
  }
  updateToolBar();
  updateDuel();
}

void MainWindow::pinBaseline(qint64 run_id) {
  baseline_id_ = run_id;
  explore_->setRuns(controller_.summaries(), selected_id_, baseline_id_);
  explore_->setBaseline(run_id == 0 ? nullptr : controller_.run(run_id));
  if (run_id != 0) controller_.loadRun(run_id);
  updateToolBar();
}

void MainWindow::swapBaseline() {
  const qint64 before = baseline_id_;
  if (before == 0 || selected_id_ == 0) return;
  pinBaseline(selected_id_);
  selectRun(before);
}

void MainWindow::onRunChanged(qint64 run_id) {
  const auto run = controller_.run(run_id);
  if (!run) return;
  if (run_id == baseline_id_) explore_->setBaseline(run);
  if (run_id != selected_id_ || run == selected_) return;
  const bool first = !selected_;
  selected_ = run;
  explore_->setSelected(run);
  status_->setRun(provenanceText(*run));
  updateToolBar();
  if (first) Q_EMIT runShown();
}

void MainWindow::onRunEnded(qint64 run_id) {
  explore_->setRunning(false);
  const auto* ended = summary(run_id);
  if (ended && ended->status == RunStatus::cancelled)
    status_->notice(tr("Run %1 was stopped; what was measured is kept").arg(run_id));
  updateToolBar();
}

void MainWindow::onCopied(const QString& path) {
  status_->notice(tr("A copy was written to %1").arg(path));
  // A read-only session was copied in order to go on with it.
  if (controller_.readOnly()) controller_.openSession(path);
}

void MainWindow::applyTheme(views::ThemeKind theme, double scale) {
  if (scale != settings_.scale) {
    status_->notice(tr("Text follows the new scale now, every distance at the next start"));
  }
  settings_.theme = theme;
  settings_.scale = scale;
  settings_.save();
  views::applyTheme(*qApp, theme, scale);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  state_.geometry = saveGeometry();
  state_.layout = docks_->layout();
  state_.save();
  hide();
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  for (const QUrl& url : event->mimeData()->urls()) {
    if (!url.isLocalFile()) continue;
    const QString path = url.toLocalFile();
    return isCapturedCache(path) ? importCache(path) : controller_.openSession(path);
  }
}

}  // namespace xkv::window
