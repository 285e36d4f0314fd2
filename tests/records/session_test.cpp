// SPDX-License-Identifier: Apache-2.0
/// Where each record of a run goes, and the numbers that a run is summed up in.
#include "profiling/records/session.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/records/sample_records.h"

namespace xkv {
namespace {

SpectrumRecord spectrum(Stream stream, int64_t first_layer, int64_t num_layers, double energy) {
  SpectrumRecord r;
  r.stream = stream;
  r.first_layer = first_layer;
  r.num_layers = num_layers;
  r.total_energy = energy;
  return r;
}

ReconstructionRecord measured(Stream stream, int64_t group, double error, double energy = 1) {
  ReconstructionRecord r;
  r.stream = stream;
  r.group = group;
  r.error = error;
  r.energy = energy;
  return r;
}

TEST(RunAdd, PutsEveryKindInItsPlace) {
  const xkv::Run run = testing::sampleRun();
  EXPECT_EQ(run.started, testing::sample<RunStarted>());
  EXPECT_EQ(run.cka, std::vector{testing::sample<CkaRecord>()});
  EXPECT_EQ(run.spectra, std::vector{testing::sample<SpectrumRecord>()});
  EXPECT_EQ(run.reconstructions, std::vector{testing::sample<ReconstructionRecord>()});
  EXPECT_EQ(run.memory, testing::sample<MemoryRecord>());
  EXPECT_EQ(run.tokens, std::vector{testing::sample<TokenRecord>()});
  EXPECT_EQ(run.generations, std::vector{testing::sample<GenerationRecord>()});
  EXPECT_EQ(run.recompressions, std::vector{testing::sample<RecompressionRecord>()});
  EXPECT_EQ(run.selections, std::vector{testing::sample<SelectionRecord>()});
  EXPECT_EQ(run.divergence, testing::sample<DivergenceRecord>());
  EXPECT_EQ(run.latencies, std::vector{testing::sample<LatencyRecord>()});
  EXPECT_EQ(run.timeline, testing::sample<TimelineRecord>());
  EXPECT_EQ(run.finished, testing::sample<RunFinished>());
}

TEST(RunAdd, ReplacesWhatIsSuperseded) {
  xkv::Run run;
  run.add(spectrum(Stream::key, 0, 4, 1));
  run.add(spectrum(Stream::key, 0, 2, 2));
  run.add(spectrum(Stream::value, 0, 4, 3));
  run.add(spectrum(Stream::key, 0, 4, 4));
  ASSERT_EQ(run.spectra.size(), 3U);
  EXPECT_EQ(run.spectra[0].total_energy, 4);
  run.add(measured(Stream::key, 1, 0.1));
  run.add(measured(Stream::key, 1, 0.2));
  run.add(measured(Stream::value, 1, 0.3));
  ASSERT_EQ(run.reconstructions.size(), 2U);
  EXPECT_EQ(run.reconstructions[0].error, 0.2);
}

TEST(RunAdd, AppendsTokensAndTimelineParts) {
  xkv::Run run;
  run.add(TokenRecord{});
  run.add(TokenRecord{});
  EXPECT_EQ(run.tokens.size(), 2U);
  const auto part = testing::sample<TimelineRecord>();
  run.add(part);
  run.add(part);
  EXPECT_EQ(run.timeline.spans.size(), 2 * part.spans.size());
  EXPECT_EQ(run.timeline.cache_samples.size(), 2 * part.cache_samples.size());
  EXPECT_EQ(run.timeline.dropped_spans, 2 * part.dropped_spans);
}

TEST(MeasuredError, IsWeightedByEnergy) {
  xkv::Run run;
  run.started.plan = {{0, 2, 8, 0}, {2, 2, 8, 0}};
  run.add(measured(Stream::key, 0, 0.1, 3));
  EXPECT_FALSE(measuredError(run, Stream::key)) << "group 1 is not measured yet";
  run.add(measured(Stream::key, 1, 0.5, 1));
  EXPECT_DOUBLE_EQ(*measuredError(run, Stream::key), std::sqrt((3 * 0.01 + 0.25) / 4));
  EXPECT_FALSE(measuredError(run, Stream::value)) << "values stay dense";
}

TEST(MeasuredError, OfNoEnergyIsNone) {
  xkv::Run run;
  run.started.plan = {{0, 2, 8, 8}};
  run.add(measured(Stream::key, 0, 0.1, 0));
  EXPECT_EQ(measuredError(run, Stream::key), 0);
}

TEST(SummaryOf, TakesWhatTheBrowserShows) {
  xkv::Run run = testing::sampleRun();
  const RunSummary summary = summaryOf(run);
  EXPECT_EQ(summary.run_id, 7);
  EXPECT_EQ(summary.title, run.title);
  EXPECT_EQ(summary.notes, run.notes);
  EXPECT_EQ(summary.tags, run.tags);
  EXPECT_EQ(summary.spec, run.started.spec);
  EXPECT_EQ(summary.model, run.started.model);
  EXPECT_EQ(summary.seq_len, 2);
  EXPECT_EQ(summary.status, run.finished.status);
  EXPECT_EQ(summary.message, run.finished.message);
  EXPECT_EQ(summary.started_at, run.started.started_at);
  EXPECT_EQ(summary.published_ratio, run.memory->published_ratio);
  EXPECT_FALSE(summaryOf(xkv::Run()).published_ratio);
  EXPECT_EQ(summaryOf(xkv::Run()).status, RunStatus::running);
}

}  // namespace
}  // namespace xkv
