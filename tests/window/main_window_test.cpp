// SPDX-License-Identifier: GPL-3.0-or-later
/// The whole window: its picture, its keys, a run and a failure as a user sees them.
#include "app/window/main_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/window/command_palette.h"
#include "profiling/duel_plan.h"
#include "profiling/layer_groups.h"
#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"
#include "tests/views/golden.h"
#include "tests/window/demo_session.h"
#include "tests/window/heartbeat.h"
#include "views/cka_view.h"
#include "views/duel_view.h"
#include "views/error_card.h"
#include "views/table_twin.h"
#include "views/xray_view.h"

namespace xkv::window {
namespace {

using testing::HasSubstr;

class Window : public testing::Test {
 protected:
  void open(const QStringList& mode, const std::vector<xkv::Run>& runs) {
    const QString path = folder_.filePath(QStringLiteral("demo.xkv"));
    const auto written = writeSession(path.toStdString(), runs);
    ASSERT_TRUE(written) << written.error().message;
    controller_ = std::make_unique<RunController>(
        EngineCommand{QStringLiteral(XKV_FAKE_ENGINE), mode}, EnginePatience{});
    WindowState state;
    state.hint = 4;
    window_ = std::make_unique<MainWindow>(*controller_, Settings{}, state);
    controller_->openSession(path);
    const auto shown = [&] {
      return runs.empty() ? !controller_->sessionPath().isEmpty()
                          : window_->showsRun() && settled();
    };
    ASSERT_TRUE(QTest::qWaitFor(shown, 20000));
  }

  /// Both runs that are to be shown have been loaded.
  bool settled() const {
    return controller_->run(window_->selectedRun()) &&
           (window_->baselineRun() == 0 || controller_->run(window_->baselineRun()));
  }

  void show() {
    window_->resize(1600, 1000);
    window_->show();
    window_->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get()));
  }

  void waitForEnd() {
    ASSERT_TRUE(QTest::qWaitFor([this] { return !controller_->isRunning(); }, 20000));
    QApplication::processEvents();
  }

  views::ErrorCard* card() const { return window_->findChild<views::ErrorCard*>(); }

  QTemporaryDir folder_;
  std::unique_ptr<RunController> controller_;
  std::unique_ptr<MainWindow> window_;
};

TEST_F(Window, LooksAsDesigned) {
  open({"good"}, demoRuns());
  EXPECT_TRUE(views::matchesGoldens(*window_, {1600, 1000}, QStringLiteral("window"),
                                    QStringLiteral("window")));
}

TEST_F(Window, AnEmptySessionSaysWhatEachPanelWillShow) {
  open({"good"}, {});
  EXPECT_TRUE(views::matchesGoldens(*window_, {1600, 1000}, QStringLiteral("empty"),
                                    QStringLiteral("window")));
}

TEST_F(Window, AStoppedRunShowsWhatWasKept) {
  open({"good"}, {views::demoStoppedRun()});
  EXPECT_TRUE(views::matchesGolden(views::grabbed(*window_, {1600, 1000}, views::ThemeKind::light),
                                   QStringLiteral("stopped-light"), QStringLiteral("window")));
}

TEST_F(Window, FitsASmallScreen) {
  open({"good"}, demoRuns());
  EXPECT_TRUE(views::matchesGolden(views::grabbed(*window_, {1280, 800}, views::ThemeKind::light),
                                   QStringLiteral("window-1280-light"), QStringLiteral("window")));
}

TEST_F(Window, PanelsStandWhereTheyAreDesigned) {
  open({"good"}, demoRuns());
  show();
  const auto place = [&](views::Panel* panel) {
    return QRect(panel->mapTo(window_.get(), QPoint()), panel->size());
  };
  const auto& panels = window_->docks().panels();
  QTest::qWait(50);
  const auto near = [](const QRect& is, const QRect& wanted) {
    return qAbs(is.x() - wanted.x()) <= 4 && qAbs(is.y() - wanted.y()) <= 4 &&
           qAbs(is.width() - wanted.width()) <= 8 && qAbs(is.height() - wanted.height()) <= 8;
  };
  const auto isNear = [&](views::Panel* panel, const QRect& wanted) {
    const QRect is = place(panel);
    if (near(is, wanted)) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << panel->windowTitle().toStdString() << " at " << is.x() << ", " << is.y() << ", "
           << is.width() << ", " << is.height();
  };
  EXPECT_TRUE(isNear(panels.session, {4, 76, 232, 712}));
  EXPECT_TRUE(isNear(panels.cka, {240, 76, 1056, 372}));
  // Their tabs stand below them.
  EXPECT_TRUE(isNear(panels.spectra, {240, 452, 526, 313}));
  EXPECT_TRUE(isNear(panels.error, {770, 452, 526, 313}));
  EXPECT_TRUE(isNear(panels.what_if, {1300, 76, 296, 712}));
  EXPECT_TRUE(isNear(panels.timeline, {4, 792, 1592, 116}));
}

TEST_F(Window, ARunIsSelectedWhileItGrowsAndKeptAtItsEnd) {
  open({"good"}, demoRuns());
  show();
  QTest::keyClick(window_.get(), Qt::Key_R, Qt::ControlModifier);
  ASSERT_TRUE(controller_->isRunning());
  waitForEnd();
  EXPECT_EQ(window_->selectedRun(), 5);
  ASSERT_EQ(controller_->summaries().size(), 5U);
  EXPECT_EQ(controller_->run(5)->started.spec.prompt_name,
            controller_->run(4)->started.spec.prompt_name);
  EXPECT_EQ(card(), nullptr);
}

TEST_F(Window, ADeathIsACardWithItsCauseAndARetryThatWorks) {
  const Heartbeat heartbeat;
  open({"killed_once", folder_.filePath(QStringLiteral("marker"))}, demoRuns());
  show();
  QTest::keyClick(window_.get(), Qt::Key_R, Qt::ControlModifier);
  waitForEnd();
  ASSERT_NE(card(), nullptr);
  EXPECT_THAT(card()->details().toStdString(), HasSubstr("signal 9, SIGKILL"));
  EXPECT_THAT(card()->details().toStdString(), HasSubstr("CKA, 2 tokens of run 5 are saved"));
  EXPECT_TRUE(window_->isVisible());
  EXPECT_EQ(window_->selectedRun(), 5);
  card()->findChildren<QPushButton*>().constFirst()->click();
  EXPECT_TRUE(controller_->isRunning());
  waitForEnd();
  EXPECT_EQ(window_->selectedRun(), 6);
  ASSERT_TRUE(controller_->run(6));
  EXPECT_EQ(controller_->run(6)->finished.status, RunStatus::finished);
  EXPECT_TRUE(QTest::qWaitFor([this] { return card() == nullptr; }));
}

TEST_F(Window, KeysMoveRanksAndTheCommandLineSaysSo) {
  open({"good"}, demoRuns());
  show();
  const auto ranks = [&] { return window_->explore().whatIfSpec()->compression; };
  QTest::keyClick(window_.get(), Qt::Key_BracketRight);
  QTest::keyClick(window_.get(), Qt::Key_BracketRight);
  QTest::keyClick(window_.get(), Qt::Key_BraceLeft);
  EXPECT_EQ(ranks().rank_k, 26);
  EXPECT_EQ(ranks().rank_v, 35);
  QTest::keyClick(window_.get(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_THAT(QApplication::clipboard()->text().toStdString(), HasSubstr("--rank-k 26"));
}

TEST_F(Window, MeasureRunsTheWhatIf) {
  open({"good"}, demoRuns());
  show();
  QTest::keyClick(window_.get(), Qt::Key_BracketRight);
  QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier);
  waitForEnd();
  ASSERT_TRUE(controller_->run(5));
  EXPECT_EQ(controller_->run(5)->started.spec.compression.rank_k, 25);
}

TEST_F(Window, ADuelRunsEveryMethodAndShowsThemTogether) {
  open({"good"}, demoRuns());
  show();
  window_->startDuel(4);
  const size_t methods = duelMethods(cacheShapeOf(demoRuns()[0].started.model), 547).size();
  ASSERT_TRUE(QTest::qWaitFor(
      [&] {
        return controller_->summaries().size() == 4 + methods && !controller_->isRunning() &&
               controller_->summaries().back().tags == std::vector<std::string>{"duel"};
      },
      60000));
  EXPECT_EQ(controller_->summaries()[4].title, "dense");
  EXPECT_EQ(controller_->summaries()[5].spec.compression.layer_group_size, 1);
  EXPECT_FALSE(controller_->summaries()[5].spec.prompt_ids.empty());
  auto* duel = window_->findChild<views::DuelView*>();
  EXPECT_TRUE(QTest::qWaitFor([&] { return duel->rows().size() == methods; }, 20000))
      << duel->rows().size();
}

TEST_F(Window, WhatIsSaidNextRunsTheConversationAgain) {
  open({"good"}, demoRuns());
  show();
  window_->docks().reveal(window_->docks().panels().texts);
  QLineEdit* field = nullptr;
  for (QLineEdit* found : window_->findChildren<QLineEdit*>())
    if (found->accessibleName() == "What is said after the answer") field = found;
  ASSERT_NE(field, nullptr);
  field->setText(QStringLiteral("and of stone ?"));
  QTest::keyClick(field, Qt::Key_Return);
  ASSERT_TRUE(controller_->isRunning());
  waitForEnd();
  ASSERT_TRUE(controller_->run(5));
  EXPECT_EQ(controller_->run(5)->started.spec.turns, std::vector<std::string>{"and of stone ?"});
}

TEST_F(Window, ACacheGivenAtTheStartIsImported) {
  open({"good"}, demoRuns());
  window_->importWhenOpen(QStringLiteral("/tmp/F.safetensors"));
  controller_->openSession(controller_->sessionPath());
  ASSERT_TRUE(QTest::qWaitFor(
      [this] { return controller_->summaries().size() == 5 && !controller_->isRunning(); }, 20000));
  EXPECT_EQ(controller_->summaries()[4].spec.cache_file, "/tmp/F.safetensors");
  EXPECT_EQ(controller_->summaries()[4].spec.model_dir, "");
}

TEST_F(Window, RandomWeightsAreMarkedInEveryPanel) {
  auto runs = demoRuns();
  for (xkv::Run& run : runs) run.started.model.random_weights = true;
  open({"good"}, runs);
  EXPECT_TRUE(views::matchesGolden(views::grabbed(*window_, {1600, 1000}, views::ThemeKind::light),
                                   QStringLiteral("random-weights-light"),
                                   QStringLiteral("window")));
}

TEST_F(Window, PinningSwappingAndClearing) {
  open({"good"}, demoRuns());
  show();
  EXPECT_EQ(window_->selectedRun(), 4);
  EXPECT_EQ(window_->baselineRun(), 2);
  QTest::keyClick(window_.get(), Qt::Key_X);
  EXPECT_EQ(window_->selectedRun(), 2);
  EXPECT_EQ(window_->baselineRun(), 4);
  QTest::keyClick(window_.get(), Qt::Key_B);
  EXPECT_EQ(window_->baselineRun(), 2);
  QTest::keyClick(window_.get(), Qt::Key_B);
  EXPECT_EQ(window_->baselineRun(), 0);
  views::Selection selection;
  selection.layers = views::LayerPair{3, 5};
  window_->explore().setSelection(selection);
  QTest::keyClick(window_.get(), Qt::Key_Escape);
  EXPECT_EQ(window_->explore().selection(), views::Selection{});
}

TEST_F(Window, KAndVShowOneStreamOrBoth) {
  open({"good"}, demoRuns());
  show();
  auto* cka = window_->findChild<views::CkaView*>();
  const auto first = [&] {  // what the first map's first cell says it is
    cka->setSelection({.layers = views::LayerPair{0, 0}});
    QTest::keyClick(cka, Qt::Key_Right);
    return cka->accessibleDescription();
  };
  QTest::keyClick(window_.get(), Qt::Key_V);
  EXPECT_EQ(window_->explore().selection().stream, Stream::value);
  EXPECT_THAT(first().toStdString(), HasSubstr("values"));
  QTest::keyClick(window_.get(), Qt::Key_K);
  EXPECT_EQ(window_->explore().selection().stream, Stream::key);
  QTest::keyClick(window_.get(), Qt::Key_K);
  EXPECT_EQ(window_->explore().selection().stream, std::nullopt);
  EXPECT_THAT(first().toStdString(), HasSubstr("keys"));
}

TEST_F(Window, UndoTakesBackTheWhatIfAndTheSelection) {
  open({"good"}, demoRuns());
  show();
  const auto rank = [&] { return window_->explore().whatIfSpec()->compression.rank_k; };
  QTest::keyClick(window_.get(), Qt::Key_BracketRight);
  views::Selection selection;
  selection.layers = views::LayerPair{3, 5};
  window_->explore().setSelection(selection);
  QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(window_->explore().selection(), views::Selection{});
  EXPECT_EQ(rank(), 25);
  QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(rank(), 24);
  QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(rank(), 25);
  EXPECT_EQ(window_->explore().selection(), selection);
}

TEST_F(Window, EachPlotHasATable) {
  open({"good"}, demoRuns());
  show();
  const auto& panels = window_->docks().panels();
  for (views::Panel* panel : {panels.cka, panels.spectra, panels.memory, panels.error, panels.texts,
                              panels.duel, panels.timeline}) {
    window_->docks().reveal(panel);
    panel->content()->setFocus();
    EXPECT_TRUE(window_->explore().toggleTable(panel)) << panel->windowTitle().toStdString();
    auto* table = qobject_cast<views::TableTwinView*>(panel->table());
    ASSERT_NE(table, nullptr);
    EXPECT_GT(table->model()->rowCount(), 0) << panel->windowTitle().toStdString();
    EXPECT_TRUE(window_->explore().toggleTable(panel));
    EXPECT_EQ(panel->table(), nullptr);
  }
  EXPECT_FALSE(window_->explore().toggleTable(panels.session)) << "it is a list already";
  window_->docks().reveal(panels.cka);
  panels.cka->content()->setFocus();
  QTest::keyClick(window_.get(), Qt::Key_T, Qt::ControlModifier);
  EXPECT_NE(panels.cka->table(), nullptr);
}

TEST_F(Window, ARunThatChoosesChunksHasAnXrayThatFollowsTheLayer) {
  std::vector<xkv::Run> runs = demoRuns();
  runs.push_back(views::demoSelectiveRun(5));
  open({"good"}, runs);
  show();
  views::Panel* panel = window_->docks().panels().xray;
  window_->docks().reveal(panel);
  auto* xray = panel->findChild<views::XrayView*>();
  ASSERT_NE(xray, nullptr);
  EXPECT_EQ(window_->selectedRun(), 5);
  EXPECT_FALSE(xray->emptyReason());
  views::Selection selection;
  selection.layers = views::LayerPair{6, 6};
  window_->explore().setSelection(selection);
  ASSERT_NE(xray->record(), nullptr);
  EXPECT_EQ(xray->record()->layer, 6);
  EXPECT_TRUE(window_->explore().toggleTable(panel));
  auto* table = qobject_cast<views::TableTwinView*>(panel->table());
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->model()->rowCount(), 8 * 2 * 12);
  EXPECT_TRUE(window_->explore().toggleTable(panel));
  EXPECT_TRUE(views::matchesGolden(
      views::grabbed(*window_, {1600, 1000}, views::ThemeKind::light),
      QStringLiteral("window_selective-light"), QStringLiteral("window")));
}

TEST_F(Window, AnXrayOfAnotherMethodSaysWhyItIsEmpty) {
  open({"good"}, demoRuns());
  auto* xray = window_->findChild<views::XrayView*>();
  ASSERT_NE(xray, nullptr);
  ASSERT_TRUE(xray->emptyReason());
  EXPECT_EQ(xray->emptyReason()->why,
            QStringLiteral("xKV chooses nothing: each step reads the whole cache."));
}

TEST_F(Window, ThePaletteRunsACommandByItsName) {
  open({"good"}, demoRuns());
  show();
  QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
  auto* palette = window_->findChild<CommandPalette*>();
  ASSERT_NE(palette, nullptr);
  auto* words = palette->findChild<QLineEdit*>();
  QTest::keyClicks(words, QStringLiteral("swap b"));
  QTest::keyClick(words, Qt::Key_Return);
  EXPECT_EQ(window_->selectedRun(), 2);
  EXPECT_EQ(window_->baselineRun(), 4);
}

TEST_F(Window, PanelsKeepTheRunBeforeUntilTheNewOneHasResults) {
  open({"slow"}, demoRuns());
  show();
  QTest::keyClick(window_.get(), Qt::Key_R, Qt::ControlModifier);
  const auto& panels = window_->docks().panels();
  ASSERT_TRUE(QTest::qWaitFor([&] {
    const auto run = controller_->run(5);
    return window_->selectedRun() == 5 && run && run->tokens.size() == 2;
  }));
  QApplication::processEvents();
  EXPECT_EQ(panels.spectra->title()->chip(), QStringLiteral("from run 4"));
  EXPECT_EQ(panels.timeline->title()->chip(), QStringLiteral("from run 4"));
  EXPECT_EQ(panels.cka->title()->chip(), QString()) << "its own CKA is there";
  EXPECT_EQ(panels.texts->title()->chip(), QString());
  QTest::keyClick(window_.get(), Qt::Key_Period, Qt::ControlModifier);
  waitForEnd();
  EXPECT_EQ(panels.spectra->title()->chip(), QString()) << "a run that ended speaks for itself";
}

TEST_F(Window, ASmallScreenHasARailOfRuns) {
  open({"good"}, demoRuns());
  window_->resize(1280, 800);
  window_->show();
  const auto& panels = window_->docks().panels();
  EXPECT_TRUE(QTest::qWaitFor([&] { return qAbs(panels.session->width() - 40) <= 4; }))
      << panels.session->width();
  auto* list = panels.session->findChild<QListView*>();
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                    list->visualRect(list->model()->index(0, 0)).center());
  EXPECT_EQ(window_->selectedRun(), 1);
}

TEST_F(Window, ALargeScreenGivesTheTimelineATrackPerLayer) {
  open({"good"}, demoRuns());
  window_->resize(2560, 1440);
  window_->show();
  const auto& panels = window_->docks().panels();
  EXPECT_TRUE(QTest::qWaitFor([&] { return qAbs(panels.timeline->height() - 296) <= 8; }))
      << panels.timeline->height();
  EXPECT_NEAR(panels.session->width(), 280, 4);
  EXPECT_NEAR(panels.what_if->width(), 344, 4);
  const auto search = [&] {
    return panels.timeline->findChild<QLineEdit*>(QString(), Qt::FindChildrenRecursively);
  };
  ASSERT_NE(search(), nullptr);
  EXPECT_TRUE(search()->isVisible());
  window_->resize(1600, 1000);
  EXPECT_TRUE(QTest::qWaitFor([&] { return !search()->isVisible(); }));
}

TEST_F(Window, F6WalksThroughThePanelsAndF11MaximisesOne) {
  open({"good"}, demoRuns());
  show();
  window_->activateWindow();
  std::vector<views::Panel*> visited;
  for (int i = 0; i < 10; ++i) {
    QTest::keyClick(window_.get(), Qt::Key_F6);
    visited.push_back(window_->docks().focusedPanel());
  }
  EXPECT_EQ(visited, window_->docks().panels().inOrder());
  QTest::keyClick(window_.get(), Qt::Key_F11);
  EXPECT_EQ(window_->docks().maximised(), window_->docks().panels().timeline);
  EXPECT_FALSE(window_->docks().panels().cka->isVisible());
  QTest::keyClick(window_.get(), Qt::Key_F11);
  EXPECT_TRUE(window_->docks().panels().cka->isVisible());
}

TEST_F(Window, TheLayoutIsRememberedAndCanBeRestored) {
  open({"good"}, demoRuns());
  show();
  window_->docks().resizeDocks({window_->docks().panels().session}, {300}, Qt::Horizontal);
  window_->close();
  const auto state = WindowState::load();
  EXPECT_FALSE(state.layout.isEmpty());
  EXPECT_EQ(state.recent_files.value(0), folder_.filePath(QStringLiteral("demo.xkv")));
  window_ = std::make_unique<MainWindow>(*controller_, Settings{}, state);
  show();
  const auto width = [this] { return window_->docks().panels().session->width(); };
  EXPECT_TRUE(QTest::qWaitFor([&] { return qAbs(width() - 300) <= 4; })) << width();
  window_->docks().restoreDefaultLayout();
  EXPECT_TRUE(QTest::qWaitFor([&] { return qAbs(width() - 232) <= 4; })) << width();
}

}  // namespace
}  // namespace xkv::window
