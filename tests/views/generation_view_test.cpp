// SPDX-License-Identifier: GPL-3.0-or-later
/// Texts: rows, the first divergent token, its sentence, steps through differences.
#include "views/generation_view.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"

namespace xkv::views {
namespace {

std::shared_ptr<const xkv::Run> shared(xkv::Run run) {
  return std::make_shared<xkv::Run>(std::move(run));
}

xkv::Run brokenRun() {
  return demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12});
}

/// A long answer whose tokens `differ` are others than the dense answer's.
xkv::Run longRun(const std::vector<int64_t>& differ) {
  xkv::Run run = demoRun();
  run.tokens.clear();
  run.divergence.reset();
  for (const Method method : {Method::dense, Method::xkv})
    for (int64_t step = 0; step < 120; ++step) {
      const bool other =
          method == Method::xkv && std::find(differ.begin(), differ.end(), step) != differ.end();
      const char* words[] = {" the", " river", " ran", " on", " and", " back", "."};
      TokenRecord token{.method = method,
                        .step = step,
                        .choice = {step, other ? " mountain" : words[step % 7], 0.9F},
                        .alternatives = {},
                        .text_piece = {},
                        .duration_ns = 0};
      run.tokens.push_back(token);
    }
  return run;
}

TEST(GenerationViewTest, RowsAreDenseThenAThenB) {
  const xkv::Run b = demoRun();
  const xkv::Run a = brokenRun();
  const auto rows = answerRows(&b, &a);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_FALSE(rows[0].badge);
  EXPECT_EQ(rows[1].badge, Badge::a);
  EXPECT_EQ(rows[1].first_difference, 1);
  EXPECT_EQ(rows[1].verdict, "1 of 8 tokens");
  EXPECT_TRUE(rows[2].same);
}

TEST(GenerationViewTest, AnotherPromptsAnswerIsNotShownBeside) {
  const xkv::Run b = demoRun();
  xkv::Run a = brokenRun();
  a.started.prompt_ids.push_back(7);
  EXPECT_EQ(answerRows(&b, &a).size(), 2U);
}

TEST(GenerationViewTest, TheSentenceNamesTheToken) {
  const xkv::Run b = demoRun();
  const xkv::Run a = brokenRun();
  const QString sentence = divergenceSentence(answerRows(&b, &a));
  EXPECT_TRUE(sentence.startsWith("First divergent token: 2. A chose “.”"))
      << sentence.toStdString();
  EXPECT_TRUE(sentence.contains("Dense chose “0”")) << sentence.toStdString();
  EXPECT_EQ(divergenceSentence(answerRows(&b, nullptr)), "");
}

TEST(GenerationViewTest, NStepsThroughTheDifferencesAndGoesRound) {
  GenerationView view;
  view.setRuns(shared(longRun({40, 41, 90})), nullptr);
  QSignalSpy spy(&view, &GenerationView::selectionChanged);
  std::vector<int64_t> steps;
  for (int i = 0; i < 4; ++i) QTest::keyClick(&view, Qt::Key_N);
  QTest::keyClick(&view, Qt::Key_N, Qt::ShiftModifier);
  for (const auto& call : spy) steps.push_back(*call[0].value<Selection>().step);
  EXPECT_EQ(steps, (std::vector<int64_t>{40, 41, 90, 40, 90}));
}

TEST(GenerationViewTest, WithoutDifferencesNDoesNothing) {
  GenerationView view;
  view.setRuns(shared(demoRun()), nullptr);
  QSignalSpy spy(&view, &GenerationView::selectionChanged);
  view.stepDifference(true);
  EXPECT_EQ(spy.count(), 0);
}

TEST(GenerationPictureTest, DenseBesideTwo) {
  GenerationView view;
  view.setRuns(shared(demoRun()), shared(brokenRun()));
  EXPECT_TRUE(matchesGoldens(view, {976, 216}, "texts"));
}

TEST(GenerationPictureTest, LongAnswersAreRunningText) {
  GenerationView view;
  view.setRuns(shared(longRun({40, 41, 90})), nullptr);
  view.resize(700, 260);
  view.show();
  QTest::qWait(1);  // places the tokens that the step scrolls to
  view.stepDifference(true);
  EXPECT_TRUE(matchesGoldens(view, {700, 260}, "texts-long"));
}

TEST(GenerationPictureTest, StoppedBeforeTheFirstToken) {
  GenerationView view;
  view.setRuns(shared(demoStoppedRun()), nullptr);
  EXPECT_TRUE(matchesGoldens(view, {560, 200}, "texts-empty"));
}

}  // namespace
}  // namespace xkv::views
