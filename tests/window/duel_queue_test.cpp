// SPDX-License-Identifier: GPL-3.0-or-later
/// A duel asks for its runs one after another, names them, and stops where one fails.
#include "app/window/duel_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QSignalSpy>

#include "tests/views/demo_run.h"

namespace xkv::window {
namespace {

using testing::HasSubstr;

TEST(DuelEntries, AreThoseOfTheCommandLine) {
  const xkv::Run run = views::demoRun();
  const auto entries = duelEntries(run, 4);
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ(entries->size(), duelMethods(cacheShapeOf(run.started.model), 547).size());
  EXPECT_EQ(entries->front().method.name, "dense");
  EXPECT_LE((*entries)[1].factor_bytes, run.memory->dense_bytes / 4);
}

TEST(DuelEntries, NeedAModelAndAPrompt) {
  xkv::Run run = views::demoRun();
  run.started.prompt_ids.clear();
  EXPECT_THAT(duelEntries(run, 4).error().message, HasSubstr("run 3 has no prompt yet"));
  run = views::demoRun();
  run.started.spec.cache_file = "cache.safetensors";
  EXPECT_THAT(duelEntries(run, 4).error().message, HasSubstr("run 3 has no model"));
}

class Queue : public testing::Test {
 protected:
  void start(size_t methods) {
    auto entries = *duelEntries(run, 4);
    entries.resize(methods);
    queue.start(run, std::move(entries));
  }
  void finish(qint64 run_id, RunStatus status = RunStatus::finished) {
    queue.onRunEnded(run_id, status);
    QCoreApplication::processEvents();
  }
  const xkv::Run run = views::demoRun();
  DuelQueue queue;
  QSignalSpy asked{&queue, &DuelQueue::runRequested};
  QSignalSpy named{&queue, &DuelQueue::runNamed};
  QSignalSpy ended{&queue, &DuelQueue::ended};
};

TEST_F(Queue, OneRunAfterAnother) {
  start(2);
  ASSERT_EQ(asked.count(), 1);
  const auto first = asked[0][0].value<RunSpec>();
  EXPECT_EQ(first.compression.method, Method::dense);
  EXPECT_EQ(first.prompt_ids, run.started.prompt_ids);
  EXPECT_EQ(first.analysis, AnalysisScope::all);
  finish(7);
  ASSERT_EQ(asked.count(), 2);
  EXPECT_TRUE(queue.isGoing());
  finish(8);
  EXPECT_FALSE(queue.isGoing());
  ASSERT_EQ(named.count(), 2);
  EXPECT_EQ(named[1][0].toLongLong(), 8);
  EXPECT_EQ(named[1][1].toString(), QStringLiteral("Single SVD"));
  ASSERT_EQ(ended.count(), 1);
}

TEST_F(Queue, AFailureGivesUpTheRest) {
  start(3);
  finish(7, RunStatus::cancelled);
  EXPECT_EQ(asked.count(), 1);
  EXPECT_FALSE(queue.isGoing());
  ASSERT_EQ(ended.count(), 1);
  EXPECT_THAT(ended[0][0].toString().toStdString(), HasSubstr("ended at dense; 0 of 3"));
}

TEST_F(Queue, OtherRunsAreNotItsOwn) {
  finish(7);
  EXPECT_EQ(named.count() + asked.count() + ended.count(), 0);
}

}  // namespace
}  // namespace xkv::window
