// SPDX-License-Identifier: GPL-3.0-or-later
/// A run from the window's side, with an engine that is slow, dies, talks nonsense or says nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

#include "app/window/run_controller.h"
#include "tests/window/heartbeat.h"

namespace xkv::window {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kWait_ms = 20000;

class Flow : public testing::Test {
 protected:
  void open(const QStringList& mode, EnginePatience patience = {}) {
    controller_ = std::make_unique<RunController>(
        EngineCommand{QStringLiteral(XKV_FAKE_ENGINE), mode}, patience);
    QObject::connect(controller_.get(), &RunController::runFailed, controller_.get(),
                     [this](const RunFailure& failure) { failures_.push_back(failure); });
    QObject::connect(controller_.get(), &RunController::storageFailed, controller_.get(),
                     [](const Error& error) { ADD_FAILURE() << error.message; });
    controller_->openSession(sessionPath());
    ASSERT_TRUE(waitFor([this] { return !controller_->sessionPath().isEmpty(); }));
  }

  QString sessionPath() const { return folder_.filePath(QStringLiteral("flow.xkv")); }

  template <class Condition>
  static bool waitFor(Condition condition, int time_ms = kWait_ms) {
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
      if (clock.elapsed() > time_ms) return false;
      QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
    }
    return true;
  }

  /// Starts a run and waits until it is over.
  void runToTheEnd() {
    QSignalSpy ended(controller_.get(), &RunController::runEnded);
    RunSpec spec;
    spec.model_dir = "/models/small";
    spec.prompt = "a b c";
    controller_->startRun(spec);
    ASSERT_TRUE(waitFor([&] { return ended.count() == 1; }));
    status_ = ended.at(0).at(1).value<RunStatus>();
  }

  /// What another program finds in the file once the window is closed.
  std::vector<xkv::Run> closeAndRead() {
    controller_.reset();
    auto store = storage::SessionStore::openReadOnly(sessionPath().toStdString());
    EXPECT_TRUE(store) << store.error().message;
    std::vector<xkv::Run> runs;
    const auto summaries = store->list();
    EXPECT_TRUE(summaries);
    for (const RunSummary& summary : *summaries) runs.push_back(*store->load(summary.run_id));
    return runs;
  }

  std::string sentence() const {
    return failures_.empty() ? "no failure" : failures_.back().error.message;
  }

  QTemporaryDir folder_;
  std::unique_ptr<RunController> controller_;
  std::vector<RunFailure> failures_;
  RunStatus status_ = RunStatus::running;
  Heartbeat heartbeat_;  ///< fails the test when the window's thread stands still
};

void expectKeptPart(const xkv::Run& run) {
  EXPECT_EQ(run.started.model.name, "small");
  EXPECT_EQ(run.cka.size(), 2U);
  EXPECT_EQ(run.tokens.size(), 2U);
  EXPECT_EQ(run.finished.status, RunStatus::failed);
}

TEST_F(Flow, ARunWhoseWriterIsGoneIsShownAsEnded) {
  {
    auto store = storage::SessionStore::create(sessionPath().toStdString());
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->beginRun(RunStarted{}));
  }
  open({"good"});
  ASSERT_TRUE(waitFor([this] { return controller_->summaries().size() == 1; }));
  EXPECT_EQ(controller_->summaries()[0].status, RunStatus::failed);
  EXPECT_THAT(controller_->summaries()[0].message, HasSubstr("ended before it"));
}

TEST_F(Flow, AGoodRunIsShownAndKept) {
  open({"good"});
  runToTheEnd();
  EXPECT_EQ(status_, RunStatus::finished);
  EXPECT_THAT(failures_, IsEmpty());
  EXPECT_EQ(controller_->engineState(), EngineState::idle);
  EXPECT_EQ(controller_->deviceName(), QStringLiteral("fake, 1 thread"));
  const auto shown = controller_->run(1);
  ASSERT_TRUE(shown);
  const auto runs = closeAndRead();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0], *shown);
  EXPECT_EQ(runs[0].tokens.size(), 3U);
}

TEST_F(Flow, AKilledEngineIsNamedAndWhatWasFinishedIsKept) {
  open({"killed"});
  runToTheEnd();
  EXPECT_EQ(sentence(),
            "The engine was killed by the system (signal 9, SIGKILL), during: factor group 0");
  EXPECT_TRUE(failures_.back().engine_died);
  EXPECT_EQ(failures_.back().kept, QStringLiteral("CKA, 2 tokens"));
  EXPECT_EQ(controller_->engineState(), EngineState::dead);
  const auto runs = closeAndRead();
  ASSERT_EQ(runs.size(), 1U);
  expectKeptPart(runs[0]);
  EXPECT_EQ(runs[0].finished.message, sentence());
}

TEST_F(Flow, ARetryAfterADeathWorks) {
  open({"killed_once", folder_.filePath(QStringLiteral("marker"))});
  runToTheEnd();
  EXPECT_EQ(status_, RunStatus::failed);
  ASSERT_TRUE(failures_.back().spec);
  QSignalSpy ended(controller_.get(), &RunController::runEnded);
  controller_->startRun(*failures_.back().spec);
  ASSERT_TRUE(waitFor([&] { return ended.count() == 1; }));
  EXPECT_EQ(ended.at(0).at(1).value<RunStatus>(), RunStatus::finished);
  const auto runs = closeAndRead();
  ASSERT_EQ(runs.size(), 2U);
  expectKeptPart(runs[0]);
  EXPECT_EQ(runs[1].finished.status, RunStatus::finished);
}

TEST_F(Flow, AnExitCodeIsToldWithItsKindAndLog) {
  open({"exit5"});
  runToTheEnd();
  EXPECT_EQ(sentence(),
            "The engine ended with exit code 5 (out of memory), during: factor group 0");
  EXPECT_EQ(failures_.back().error.kind, ErrorKind::out_of_memory);
  EXPECT_EQ(failures_.back().log,
            QStringList{QStringLiteral("layer 1: 1.50 GiB asked, 0.31 GiB free")});
  expectKeptPart(closeAndRead().at(0));
}

TEST_F(Flow, ACrashIsToldByItsSignal) {
  open({"crash"});
  runToTheEnd();
  EXPECT_EQ(sentence(), "The engine crashed (signal 6, SIGABRT), during: factor group 0");
}

TEST_F(Flow, GarbageInTheFramesEndsTheEngineNotTheWindow) {
  open({"garbage"});
  runToTheEnd();
  EXPECT_THAT(sentence(), HasSubstr("The engine's answer cannot be read: the stream is no frames"));
  EXPECT_THAT(sentence(), HasSubstr("Killed by a careless printf"));
  expectKeptPart(closeAndRead().at(0));
}

TEST_F(Flow, HalfAFrameIsSaid) {
  open({"half"});
  runToTheEnd();
  EXPECT_THAT(sentence(), HasSubstr("exit code 1 (failure)"));
  EXPECT_THAT(sentence(), HasSubstr("its last result was cut after"));
  expectKeptPart(closeAndRead().at(0));
}

TEST_F(Flow, AnEngineThatSaysNothingIsGivenUp) {
  open({"silent"}, {.hello_ms = 300, .cancel_ms = 300, .shutdown_ms = 300});
  runToTheEnd();
  EXPECT_EQ(sentence(), "The engine did not answer within 0.3 s");
  EXPECT_THAT(closeAndRead(), IsEmpty());
}

TEST_F(Flow, AnotherVersionIsRefused) {
  open({"other_version"});
  runToTheEnd();
  EXPECT_EQ(sentence(), "The engine speaks version 2 of the frames, this window version 1");
}

TEST_F(Flow, AnEngineThatCannotStartIsNamed) {
  open({"good"});
  controller_->setEngineCommand({QStringLiteral("/nowhere/xkv"), {QStringLiteral("serve")}});
  ASSERT_TRUE(waitFor([&] { return !failures_.empty(); }));
  EXPECT_THAT(sentence(), HasSubstr("The engine cannot be started: /nowhere/xkv: "));
  controller_->setEngineCommand(
      {QStringLiteral(XKV_FAKE_ENGINE), {QStringLiteral("dead_on_arrival")}});
  ASSERT_TRUE(waitFor([&] { return failures_.size() == 2; }));
  EXPECT_EQ(sentence(), "The engine ended with exit code 127 (command not found)");
  EXPECT_EQ(failures_.back().log,
            QStringList{QStringLiteral("libtorch_cpu.so: cannot open shared object file")});
  controller_->setEngineCommand({QStringLiteral(XKV_FAKE_ENGINE), {QStringLiteral("good")}});
  runToTheEnd();
  EXPECT_EQ(status_, RunStatus::finished);
}

TEST_F(Flow, CancelStopsASlowRunWithoutAFailure) {
  open({"slow"});
  QSignalSpy begun(controller_.get(), &RunController::runStarted);
  QSignalSpy ended(controller_.get(), &RunController::runEnded);
  controller_->startRun({});
  ASSERT_TRUE(waitFor([&] { return begun.count() == 1; }));
  controller_->cancelRun();
  EXPECT_EQ(controller_->engineState(), EngineState::stopping);
  ASSERT_TRUE(waitFor([&] { return ended.count() == 1; }));
  EXPECT_EQ(ended.at(0).at(1).value<RunStatus>(), RunStatus::cancelled);
  EXPECT_THAT(failures_, IsEmpty());
  EXPECT_EQ(closeAndRead().at(0).finished.status, RunStatus::cancelled);
}

TEST_F(Flow, AnEngineThatDoesNotStopIsEnded) {
  open({"deaf"}, {.hello_ms = 5000, .cancel_ms = 300, .shutdown_ms = 300});
  QSignalSpy begun(controller_.get(), &RunController::runStarted);
  controller_->startRun({});
  ASSERT_TRUE(waitFor([&] { return begun.count() == 1; }));
  controller_->cancelRun();
  ASSERT_TRUE(waitFor([&] { return !failures_.empty(); }));
  EXPECT_EQ(sentence(), "The engine did not stop within 0.3 s and was ended");
  expectKeptPart(closeAndRead().at(0));
}

TEST_F(Flow, ARefusedRunLeavesNothingInTheFile) {
  open({"refuses"});
  runToTheEnd();
  EXPECT_EQ(sentence(), "rank_k 999 is above the widest group's width 16");
  EXPECT_FALSE(failures_.back().engine_died);
  EXPECT_EQ(controller_->engineState(), EngineState::idle);
  EXPECT_THAT(closeAndRead(), IsEmpty());
}

TEST_F(Flow, ARunWithoutItsLastRecordIsMarkedFailed) {
  open({"early"});
  runToTheEnd();
  EXPECT_EQ(status_, RunStatus::failed);
  expectKeptPart(closeAndRead().at(0));
}

TEST_F(Flow, AFloodOfResultsNeverHoldsUpTheWindow) {
  open({"flood"});
  runToTheEnd();
  EXPECT_EQ(status_, RunStatus::finished);
  EXPECT_EQ(controller_->run(1)->timeline.spans.size(), 20000U);
  EXPECT_EQ(controller_->run(1)->reconstructions.at(0).token_error.size(), 2000000U);
}

TEST_F(Flow, ClosingTheWindowInARunKeepsWhatIsThere) {
  open({"slow"});
  QSignalSpy begun(controller_.get(), &RunController::runStarted);
  controller_->startRun({});
  ASSERT_TRUE(waitFor([&] { return begun.count() == 1; }));
  ASSERT_TRUE(
      waitFor([&] { return controller_->run(1) && controller_->run(1)->tokens.size() == 2; }));
  const auto runs = closeAndRead();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].finished.status, RunStatus::cancelled);
  EXPECT_EQ(runs[0].tokens.size(), 2U);
}

TEST_F(Flow, OnlyTheLatestQuestionAboutAModelIsAnswered) {
  open({"good"});
  QSignalSpy described(controller_.get(), &RunController::modelDescribed);
  controller_->describeModel(QStringLiteral("/models/first"));
  controller_->describeModel(QStringLiteral("/models/second"));
  ASSERT_TRUE(waitFor([&] { return described.count() == 1; }));
  EXPECT_FALSE(waitFor([&] { return described.count() == 2; }, 200));
  EXPECT_EQ(described.at(0).at(0).toString(), QStringLiteral("/models/second"));
}

TEST_F(Flow, AFileThatIsNoSessionIsOneSentenceAndTheOpenSessionStays) {
  open({"good"});
  const QString other = folder_.filePath(QStringLiteral("notes.txt"));
  QFile file(other);
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("these are notes, long enough to be read as a header of something\n");
  file.close();
  QSignalSpy failed(controller_.get(), &RunController::sessionFailed);
  controller_->openSession(other);
  ASSERT_TRUE(waitFor([&] { return failed.count() == 1; }));
  EXPECT_EQ(controller_->sessionPath(), sessionPath());
  runToTheEnd();
  EXPECT_EQ(closeAndRead().size(), 1U);
}

TEST_F(Flow, TheFirstRunHasSessionNamesNotesAndTags) {
  open({"good"});
  runToTheEnd();
  controller_->setTitle(1, QStringLiteral("first"));
  controller_->setNotes(1, QStringLiteral("layer 0 costs most"));
  controller_->setTags(1, {QStringLiteral("knee")});
  ASSERT_TRUE(waitFor([&] {
    const auto& runs = controller_->summaries();
    return !runs.empty() && !runs.front().tags.empty();
  }));
  EXPECT_EQ(controller_->run(1)->title, "first");
  const auto runs = closeAndRead();
  EXPECT_EQ(runs.at(0).notes, "layer 0 costs most");
  EXPECT_EQ(runs.at(0).tags, std::vector<std::string>{"knee"});
}

}  // namespace
}  // namespace xkv::window
