// SPDX-License-Identifier: GPL-3.0-or-later
/// Texts: rows, the first divergent token, its sentence, steps through differences.
#include "views/generation_view.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QPushButton>
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

/// Two turns: the second answer leaves the dense one at its second token.
xkv::Run talk() {
  xkv::Run run = demoRun();
  run.started.spec.turns = {"and the code of stone ?"};
  run.started.spec.chat_template = "qwen3";
  for (TokenRecord token : std::vector(run.tokens)) {
    token.turn = 1;
    if (token.method == Method::xkv && token.step == 1) token.choice = {7, " the", 0.61F};
    run.tokens.push_back(token);
  }
  run.divergence->kl = {0, 0.004, 0.027, 0.011, 0.002, 0.001, 0, 1.5, 0.2, 0.1, 0, 0};
  return run;
}

TEST(GenerationViewTest, TurnsStandOneUnderAnother) {
  const xkv::Run run = talk();
  const auto rows = answerRows(&run, nullptr);
  ASSERT_EQ(rows.size(), 4U) << "dense and B of each turn";
  EXPECT_EQ(rows[1].turn, 0);
  EXPECT_TRUE(rows[1].same);
  EXPECT_TRUE(rows[1].kl.startsWith("largest KL 0.027")) << rows[1].kl.toStdString();
  EXPECT_EQ(rows[2].said, "and the code of stone ?");
  EXPECT_EQ(rows[3].first_difference, 1);
  EXPECT_EQ(rows[3].verdict, "1 of 6 tokens");
  EXPECT_TRUE(rows[3].kl.startsWith("KL at the break 1.50")) << rows[3].kl.toStdString();
  EXPECT_TRUE(divergenceSentence(rows).startsWith("First divergent token: 2 of turn 2."));
}

TEST(GenerationViewTest, AnotherConversationsTurnIsNotShownBeside) {
  const xkv::Run run = talk();
  xkv::Run other = talk();
  other.run_id = 2;
  EXPECT_EQ(answerRows(&run, &other).size(), 6U);
  other.started.spec.turns = {"and of apple ?"};
  EXPECT_EQ(answerRows(&run, &other).size(), 5U) << "the prompt is the same, the turn is not";
}

TEST(GenerationViewTest, WhatIsSaidNextRunsTheConversationAgain) {
  GenerationView view;
  view.setRuns(shared(talk()), nullptr);
  QSignalSpy asked(&view, &GenerationView::turnRequested);
  auto* field = view.findChild<QLineEdit*>();
  auto* send = view.findChild<QPushButton*>();
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_EQ(asked.count(), 0) << "nothing was said";
  field->setText("and of apple ?");
  EXPECT_TRUE(send->isEnabled());
  QTest::keyClick(field, Qt::Key_Return);
  ASSERT_EQ(asked.count(), 1);
  RunSpec expected = talk().started.spec;
  expected.turns.push_back("and of apple ?");
  EXPECT_EQ(asked[0][0].value<RunSpec>(), expected);
  EXPECT_EQ(field->text(), "");
}

TEST(GenerationViewTest, ARunThatGoesOnOrStoppedTakesNoTurn) {
  GenerationView view;
  auto* field = view.findChild<QLineEdit*>();
  view.setRuns(shared(talk()), nullptr);
  EXPECT_FALSE(field->isHidden());
  view.setTurnObstacle("A run goes on.");
  EXPECT_TRUE(field->isHidden());
  view.setTurnObstacle({});
  xkv::Run stopped = talk();
  stopped.finished.status = RunStatus::cancelled;
  view.setRuns(shared(stopped), nullptr);
  EXPECT_TRUE(field->isHidden());
}

TEST(GenerationPictureTest, AConversation) {
  GenerationView view;
  view.setRuns(shared(talk()), nullptr);
  view.setSelection({.step = 1, .turn = 1});
  EXPECT_TRUE(matchesGoldens(view, {976, 340}, "texts-turns"));
}

TEST(GenerationPictureTest, DenseBesideTwo) {
  GenerationView view;
  view.setRuns(shared(demoRun()), shared(brokenRun()));
  EXPECT_TRUE(matchesGoldens(view, {976, 252}, "texts"));
}

TEST(GenerationPictureTest, LongAnswersAreRunningText) {
  GenerationView view;
  view.setRuns(shared(longRun({40, 41, 90})), nullptr);
  view.resize(700, 296);
  view.show();
  QTest::qWait(1);  // places the tokens that the step scrolls to
  view.stepDifference(true);
  EXPECT_TRUE(matchesGoldens(view, {700, 296}, "texts-long"));
}

TEST(GenerationPictureTest, StoppedBeforeTheFirstToken) {
  GenerationView view;
  view.setRuns(shared(demoStoppedRun()), nullptr);
  EXPECT_TRUE(matchesGoldens(view, {560, 200}, "texts-empty"));
}

}  // namespace
}  // namespace xkv::views
