// SPDX-License-Identifier: GPL-3.0-or-later
/// The answer strip: numbers of a run, Δ to the baseline, predictions, progress.
#include "views/answer_strip.h"

#include <gtest/gtest.h>

#include <QPushButton>
#include <QSignalSpy>

#include "profiling/selection_summary.h"
#include "tests/views/demo_run.h"
#include "tests/views/demo_selection.h"
#include "tests/views/golden.h"
#include "views/answer_facts.h"
#include "views/answer_text.h"
#include "views/number_format.h"

namespace xkv::views {
namespace {

using namespace Qt::StringLiterals;

std::shared_ptr<const xkv::Run> shared(xkv::Run run) {
  return std::make_shared<xkv::Run>(std::move(run));
}
std::shared_ptr<const xkv::Run> single() {
  return shared(demoRun({.run_id = 2, .layer_group_size = 1, .rank_k = 8, .rank_v = 12}));
}

PredictedAnswer prediction() {
  return {.name = "20/30",
          .error_k = 0.1344,
          .error_v = 0.1027,
          .error = 0.1187,
          .factor_bytes = 160'563,
          .published_ratio = 6.98,
          .with_landmarks_ratio = 4.86,
          .true_resident_ratio = 6.62};
}

TEST(AnswerTextTest, ErrorWeighsStreamsByEnergy) {
  xkv::Run run;
  run.started.plan = {{0, 1, 4, 4}};
  run.reconstructions.resize(2);
  run.reconstructions[0].error = 0.2;
  run.reconstructions[0].energy = 3;
  run.reconstructions[1].stream = Stream::value;
  run.reconstructions[1].error = 0.4;
  run.reconstructions[1].energy = 1;
  EXPECT_EQ(errorText(&run, nullptr, nullptr).number, "26.46") << "sqrt((3 * 0.04 + 0.16) / 4)";
  run.reconstructions.pop_back();
  EXPECT_EQ(errorText(&run, nullptr, nullptr).number, missing()) << "a stream is not measured yet";
}

TEST(AnswerTextTest, LatentsAndRopeKeysHaveTheirOwnLetters) {
  const xkv::Run run = demoRun({.latent = true});
  const QString spoken = errorText(&run, nullptr, nullptr).plain();
  EXPECT_TRUE(spoken.contains(QStringLiteral("L "))) << spoken.toStdString();
  EXPECT_TRUE(spoken.contains(QStringLiteral("R ") + missing())) << spoken.toStdString();
}

TEST(AnswerFactsTest, DecodeTimeIsMedianAndHalfTheMiddleRange) {
  xkv::Run run;
  run.latencies.push_back({.method = Method::xkv, .decode_step_ns = {}});
  EXPECT_FALSE(decodeTime(run, Method::xkv));
  for (int i = 0; i <= 10; ++i)
    run.latencies[0].decode_step_ns.push_back(1000 + 100 * ((i * 7) % 11));
  const auto time = decodeTime(run, Method::xkv);
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->median_ns, 1500);
  EXPECT_DOUBLE_EQ(time->scatter_ns, 400);
  EXPECT_FALSE(decodeTime(run, Method::dense));
}

TEST(AnswerStripTest, WithoutARunNothingIsMeasured) {
  AnswerStrip strip;
  for (const AnswerCell cell :
       {AnswerCell::error, AnswerCell::memory, AnswerCell::latency, AnswerCell::answer}) {
    EXPECT_TRUE(strip.text(cell).plain().contains("not measured"));
    EXPECT_FALSE(strip.text(cell).provenance);
  }
}

TEST(AnswerStripTest, DifferencesAreBMinusA) {
  AnswerStrip strip;
  strip.setRuns(single(), shared(demoRun()));
  EXPECT_TRUE(strip.text(AnswerCell::error).plain().contains("+"));
  strip.setRuns(shared(demoRun()), single());
  EXPECT_TRUE(strip.text(AnswerCell::error).plain().contains(QString(QChar(0x2212))));
}

TEST(AnswerStripTest, ARunIsNotComparedWithItself) {
  AnswerStrip strip;
  strip.setRuns(shared(demoRun()), shared(demoRun()));
  EXPECT_TRUE(strip.text(AnswerCell::error).lines[1].empty());
}

TEST(AnswerStripTest, APredictionIsSaidToBeOne) {
  AnswerStrip strip;
  strip.setRuns(shared(demoRun()), nullptr);
  strip.setPrediction(prediction());
  EXPECT_EQ(strip.text(AnswerCell::error).provenance, Provenance::predicted);
  EXPECT_EQ(strip.text(AnswerCell::memory).provenance, Provenance::predicted);
  EXPECT_EQ(strip.text(AnswerCell::answer).provenance, Provenance::measured);
  EXPECT_TRUE(strip.text(AnswerCell::answer).plain().contains("20/30 is not measured"));
  strip.setPrediction({});
  EXPECT_EQ(strip.text(AnswerCell::error).provenance, Provenance::measured);
}

TEST(AnswerStripTest, CancelIsThereOnlyWhileARunGoes) {
  AnswerStrip strip;
  strip.show();
  auto* cancel = strip.findChild<QPushButton*>();
  EXPECT_FALSE(cancel->isVisible());
  strip.setProgress(ProgressRecord{"prefill layer 3 of 8", 3, 8}, 30'000'000);
  ASSERT_TRUE(cancel->isVisible());
  QSignalSpy cancelled(&strip, &AnswerStrip::cancelRequested);
  cancel->click();
  EXPECT_EQ(cancelled.count(), 1);
  strip.setProgress({});
  EXPECT_FALSE(cancel->isVisible());
}

TEST(AnswerTextTest, ARunThatChoosesChunksSaysRecallHitRateAndSpeedMode) {
  const xkv::Run run = demoSelectiveRun();
  const auto summary = summaryOf(run.selections);
  const QString wanted =
      u"recall %1, hit rate %2"_s.arg(percent(*summary->recall), share(*summary->hit_rate));
  const AnswerText answer = answerText(&run, nullptr, nullptr);
  EXPECT_EQ(answer.provenance, Provenance::measured);
  EXPECT_EQ(answer.lines[1][0].text, wanted);
  EXPECT_TRUE(answer.formula.contains(u"both measured"_s));
  EXPECT_EQ(latencyText(&run, nullptr).label, u"LATENCY (SPEED MODE)"_s);
  EXPECT_FALSE(memoryText(&run, nullptr, nullptr).formula.contains(u"predicted"_s));
  const xkv::Run plain = demoRun();
  EXPECT_EQ(latencyText(&plain, nullptr).label, u"LATENCY (MEMORY MODE)"_s);
  EXPECT_TRUE(memoryText(&plain, nullptr, nullptr).formula.contains(u"(predicted)"_s));
}

TEST(AnswerTextTest, WhatTheSelectionDidNotMeasureIsLeftOut) {
  xkv::Run run = demoSelectiveRun();
  for (SelectionRecord& record : run.selections) record.recall.clear();
  const AnswerText answer = answerText(&run, nullptr, nullptr);
  EXPECT_TRUE(answer.lines[1][0].text.startsWith(u"hit rate"_s));
}

TEST(AnswerStripPictureTest, OfARunThatChoosesChunks) {
  AnswerStrip strip;
  strip.setRuns(shared(demoSelectiveRun()), single());
  EXPECT_TRUE(matchesGoldens(strip, {1600, 64}, u"answer-strip-selective"_s));
}

TEST(AnswerStripPictureTest, MeasuredAgainstABaseline) {
  AnswerStrip strip;
  strip.setRuns(shared(demoRun()), single());
  EXPECT_TRUE(matchesGoldens(strip, {1600, 64}, "strip"));
}

TEST(AnswerStripPictureTest, Predicted) {
  AnswerStrip strip;
  strip.setRuns(shared(demoRun()), single());
  strip.setPrediction(prediction());
  EXPECT_TRUE(matchesGoldens(strip, {1600, 64}, "strip-predicted"));
}

TEST(AnswerStripPictureTest, RunningInANarrowWindow) {
  AnswerStrip strip;
  strip.setRuns(shared(demoRun()), nullptr);
  strip.setProgress(ProgressRecord{"prefill layer 3 of 8", 3, 8}, 30'000'000);
  EXPECT_TRUE(matchesGoldens(strip, {1280, 64}, "strip-running"));
}

TEST(AnswerStripPictureTest, Empty) {
  AnswerStrip strip;
  EXPECT_TRUE(matchesGoldens(strip, {1600, 64}, "strip-empty"));
}

}  // namespace
}  // namespace xkv::views
