// SPDX-License-Identifier: GPL-3.0-or-later
/// The session list: rows that come and go, A and B, filter, titles, tags and notes.
#include "views/empty_panel.h"
#include "views/session_browser.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTest>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"
#include "views/run_list_model.h"
#include "views/run_naming.h"
#include "views/tag_editor.h"

namespace xkv::views {
namespace {

std::vector<RunSummary> demoSummaries() {
  std::vector<RunSummary> runs{summaryOf(demoDenseRun())};
  runs.push_back(
      summaryOf(demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12})));
  runs.push_back(summaryOf(demoRun()));
  RunSummary stopped = summaryOf(demoStoppedRun());
  stopped.run_id = 4;
  runs.push_back(stopped);
  RunSummary running = summaryOf(demoRun({.run_id = 5, .rank_k = 16, .rank_v = 24}));
  running.status = RunStatus::running;
  running.error_k.reset();
  running.error_v.reset();
  running.published_ratio.reset();
  runs.push_back(running);
  runs[0].run_id = 1;
  return runs;
}

TEST(RunNamingTest, NamesTheMethodAndItsRanks) {
  ModelShape model;
  model.num_kv_heads = 2;
  model.head_dim = 32;
  CompressionConfig config;
  EXPECT_EQ(methodName(config, model), "xKV-4 24/36") << "the default ranks are filled in";
  config.layer_group_size = 1;
  config.rank_k = 8;
  config.rank_v = 12;
  EXPECT_EQ(methodName(config, model), "Single SVD 8/12");
  config.merge_value = false;
  EXPECT_EQ(methodName(config, model), "Single SVD K 8");
  config.method = Method::dense;
  EXPECT_EQ(methodName(config, model), "dense");
}

TEST(RunNamingTest, EveryMethodHasItsName) {
  ModelShape model;
  model.num_kv_heads = 2;
  model.head_dim = 32;
  CompressionConfig config;
  config.method = Method::xkv_sr;
  EXPECT_EQ(methodName(config, model), "xKV-SR-4 24/36");
  config.layer_group_size = 1;
  EXPECT_EQ(methodName(config, model), "xKV-SR-1 6/9") << "Single SVD reads every row";
  config.method = Method::xk_sr;
  EXPECT_EQ(methodName(config, model), "xK-SR-1 K 6") << "its values are dense, in host memory";
  config = {};
  config.method = Method::minicache;
  EXPECT_EQ(methodName(config, model), "MiniCache");
  config = {};
  config.token_basis_bits = 8;
  EXPECT_EQ(methodName(config, model), QString::fromUtf8("xKV-4 24/36, 8/– bit"));
  config = {};
  config.target_error = 0.05;
  EXPECT_EQ(methodName(config, model), QString::fromUtf8("xKV-4 error 5\u00A0%"));
  model.kv_lora_rank = 64;
  model.qk_rope_head_dim = 16;
  config = {};
  config.merge_value = false;
  EXPECT_EQ(methodName(config, model), "xKV-4 L 24");
}

TEST(RunNamingTest, LongPromptsAreCut) {
  RunSpec spec;
  spec.prompt = "The quick brown fox\njumps over the lazy dog again and again";
  EXPECT_EQ(promptName(spec), QString::fromUtf8("The quick brown fox jumps over …"));
  spec.prompt_name = "fox";
  EXPECT_EQ(promptName(spec), "fox");
}

TEST(RunListModelTest, SignalsOnlyWhatChanged) {
  RunListModel model;
  QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
  QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
  QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
  QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
  auto runs = demoSummaries();
  model.setRuns(runs);
  EXPECT_EQ(inserted.count(), 5);
  model.setRuns(runs);
  EXPECT_EQ(changed.count(), 0);
  runs[1].title = "new";
  model.setRuns(runs);
  ASSERT_EQ(changed.count(), 1);
  EXPECT_EQ(changed[0][0].toModelIndex().row(), 1);
  runs.erase(runs.begin() + 2);
  model.setRuns(runs);
  ASSERT_EQ(removed.count(), 1);
  EXPECT_EQ(removed[0][1].toInt(), 2);
  EXPECT_EQ(resets.count(), 0);
  EXPECT_EQ(model.rowOf(4), 2);
  EXPECT_EQ(model.run(3), nullptr);
}

class SessionBrowserTest : public testing::Test {
 protected:
  void SetUp() override {
    browser_.setRuns(demoSummaries());
    browser_.setBaseline(2);
    browser_.setSelected(3);
    browser_.resize(240, 700);
    browser_.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&browser_));
  }
  QPoint rowAt(int row) {
    return browser_.list()->visualRect(browser_.list()->model()->index(row, 0)).center();
  }
  SessionBrowser browser_;
};

TEST_F(SessionBrowserTest, AClickSelectsBAndLeavesA) {
  QSignalSpy selected(&browser_, &SessionBrowser::runSelected);
  QTest::mouseClick(browser_.list()->viewport(), Qt::LeftButton, {}, rowAt(0));
  ASSERT_EQ(selected.count(), 1);
  EXPECT_EQ(selected[0][0].toLongLong(), 1);
  EXPECT_EQ(browser_.baseline(), 2);
}

TEST_F(SessionBrowserTest, SettersEmitNothing) {
  QSignalSpy selected(&browser_, &SessionBrowser::runSelected);
  browser_.setSelected(1);
  browser_.setRuns({});
  browser_.setRuns(demoSummaries());
  EXPECT_EQ(selected.count(), 0);
  EXPECT_EQ(browser_.selected(), 0) << "a run that left the session is not selected";
}

TEST_F(SessionBrowserTest, BPinsAndPinsAgainToUnpin) {
  QSignalSpy pinned(&browser_, &SessionBrowser::baselineRequested);
  browser_.list()->setFocus();
  QTest::keyClick(browser_.list(), Qt::Key_B);
  browser_.setSelected(2);
  QTest::keyClick(browser_.list(), Qt::Key_B);
  ASSERT_EQ(pinned.count(), 2);
  EXPECT_EQ(pinned[0][0].toLongLong(), 3);
  EXPECT_EQ(pinned[1][0].toLongLong(), 0);
}

TEST_F(SessionBrowserTest, DeleteAsksToRemove) {
  QSignalSpy removed(&browser_, &SessionBrowser::removeRequested);
  browser_.list()->setFocus();
  QTest::keyClick(browser_.list(), Qt::Key_Delete);
  ASSERT_EQ(removed.count(), 1);
  EXPECT_EQ(removed[0][0].toLongLong(), 3);
  EXPECT_EQ(browser_.model().rowCount(), 5) << "the session removes, not the view";
}

TEST_F(SessionBrowserTest, TheFilterLooksAtTitlesAndTags) {
  auto* filter = browser_.findChild<QLineEdit*>();
  browser_.focusFilter();
  filter->setText("single SVD");
  EXPECT_EQ(browser_.list()->model()->rowCount(), 1);
  filter->setText("knee");
  EXPECT_GE(browser_.list()->model()->rowCount(), 1);
  filter->setText("no such run");
  EXPECT_EQ(browser_.list()->model()->rowCount(), 0);
  EXPECT_EQ(browser_.selected(), 3);
}

TEST_F(SessionBrowserTest, NotesAreSentWhenTheFieldIsLeft) {
  QSignalSpy notes(&browser_, &SessionBrowser::notesChanged);
  auto* field = browser_.findChild<QPlainTextEdit*>();
  field->setFocus();
  field->setPlainText("two facts");
  browser_.list()->setFocus();
  ASSERT_EQ(notes.count(), 1);
  EXPECT_EQ(notes[0][0].toLongLong(), 3);
  EXPECT_EQ(notes[0][1].toString(), "two facts");
}

TEST_F(SessionBrowserTest, NotesTypedBeforeAnotherRunIsSelectedAreKept) {
  QSignalSpy notes(&browser_, &SessionBrowser::notesChanged);
  browser_.findChild<QPlainTextEdit*>()->setPlainText("typed");
  browser_.setSelected(1);
  ASSERT_EQ(notes.count(), 1);
  EXPECT_EQ(notes[0][0].toLongLong(), 3);
}

TEST_F(SessionBrowserTest, TagsAreTrimmedAndUnique) {
  QSignalSpy tags(&browser_, &SessionBrowser::tagsChanged);
  auto* editor = browser_.findChild<TagEditor*>();
  auto* field = editor->findChild<QLineEdit*>();
  for (const char* typed : {"  fast ", "fast", " "}) {
    field->setText(typed);
    QTest::keyClick(field, Qt::Key_Return);
  }
  ASSERT_EQ(tags.count(), 1);
  EXPECT_TRUE(tags[0][1].toStringList().contains("fast"));
}

TEST_F(SessionBrowserTest, ADoubleClickRenames) {
  QSignalSpy titles(&browser_, &SessionBrowser::titleChanged);
  browser_.list()->edit(browser_.list()->model()->index(2, 0));
  QLineEdit* editor = browser_.list()->viewport()->findChild<QLineEdit*>();
  ASSERT_NE(editor, nullptr);
  editor->setText("best so far");
  QTest::keyClick(editor, Qt::Key_Return);
  QTest::qWait(1);  // the delegate commits from the event loop
  ASSERT_EQ(titles.count(), 1);
  EXPECT_EQ(titles[0][1].toString(), "best so far");
}

TEST(SessionPictureTest, WithBaselineAndSelectedRun) {
  qputenv("TZ", "UTC");
  SessionBrowser browser;
  browser.setRuns(demoSummaries());
  browser.setBaseline(2);
  browser.setSelected(3);
  browser.setRun(std::make_shared<xkv::Run>(demoRun()));
  EXPECT_TRUE(matchesGoldens(browser, {232, 684}, "session"));
}

TEST(SessionPictureTest, AStoppedRunSaysWhatItKept) {
  qputenv("TZ", "UTC");
  SessionBrowser browser;
  auto stopped = std::make_shared<xkv::Run>(demoStoppedRun());
  stopped->run_id = 4;
  browser.setRuns(demoSummaries());
  browser.setSelected(4);
  browser.setRun(stopped);
  EXPECT_TRUE(matchesGoldens(browser, {232, 684}, "session-stopped"));
}

TEST(SessionPictureTest, Empty) {
  SessionBrowser browser;
  EXPECT_TRUE(matchesGoldens(browser, {232, 320}, "session-empty"));
}

TEST(SessionRailTest, NothingOfTheEmptyPanelStaysWhenItIsWideAgain) {
  SessionBrowser browser;
  browser.setRuns(demoSummaries());
  browser.resize(40, 320);
  browser.show();
  browser.resize(320, 640);
  const auto* empty = browser.findChild<EmptyPanel*>();
  ASSERT_NE(empty, nullptr);
  EXPECT_FALSE(empty->isVisible());
}

TEST(SessionRailTest, LooksNarrow) {
  SessionBrowser browser;
  browser.setRuns(demoSummaries());
  browser.setSelected(3);
  browser.setBaseline(2);
  EXPECT_TRUE(matchesGoldens(browser, {40, 320}, QStringLiteral("session-rail")));
  EXPECT_FALSE(browser.findChild<QLineEdit*>()->isVisible());
  browser.resize(232, 400);
  EXPECT_TRUE(browser.findChild<QLineEdit*>()->isVisible());
}

}  // namespace
}  // namespace xkv::views
