// SPDX-License-Identifier: Apache-2.0
/// Medians, quartiles and ratios, and the turns that schemes take.
#include "profiling/bench_table.h"

#include <gmock/gmock.h>

#include "profiling/bench_rounds.h"

namespace xkv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Spread, IsNothingOfNothing) { EXPECT_EQ(spreadOf({}), std::nullopt); }

TEST(Spread, OfOneSampleIsThatSample) { EXPECT_EQ(spreadOf({7}), (Spread{7, 7, 7})); }

TEST(Spread, LiesOnSamplesWhereTheyAreFive) {
  EXPECT_EQ(spreadOf({50, 10, 40, 20, 30}), (Spread{20, 30, 40}));
}

TEST(Spread, IsInterpolatedBetweenSamples) {
  EXPECT_EQ(spreadOf({4, 1, 3, 2}), (Spread{1.75, 2.5, 3.25}));
  EXPECT_EQ(spreadOf({10, 20}), (Spread{12.5, 15, 17.5}));
}

BenchTable tableOf(const std::vector<std::pair<std::string, std::vector<int64_t>>>& rows) {
  BenchTable table;
  for (const auto& [scheme, samples] : rows) {
    table.rows.push_back(
        {.scheme = scheme, .is_rival = false, .samples_ns = samples, .figures = {}});
  }
  return table;
}

TEST(BenchTable, ComparesWithTheFastestOfAReference) {
  const BenchTable table = tableOf({{"ours", {10}}, {"slow", {90}}, {"fast", {25}}});
  EXPECT_EQ(table.speedup(table.rows[0], {"both", {"slow", "fast"}}), 2.5);
  EXPECT_EQ(table.speedup(table.rows[0], {"slow", {"slow"}}), 9.0);
  EXPECT_EQ(table.speedup(table.rows[1], {"ours", {"ours"}}), 10.0 / 90.0);
}

TEST(BenchTable, ComparesWithNothingThatWasNotMeasured) {
  const BenchTable table = tableOf({{"ours", {10}}, {"empty", {}}, {"zero", {0}}});
  EXPECT_EQ(table.speedup(table.rows[0], {"empty", {"empty"}}), std::nullopt);
  EXPECT_EQ(table.speedup(table.rows[0], {"none", {"none"}}), std::nullopt);
  EXPECT_EQ(table.speedup(table.rows[1], {"ours", {"ours"}}), std::nullopt);
  EXPECT_EQ(table.speedup(table.rows[2], {"ours", {"ours"}}), std::nullopt);
}

/// A scheme whose samples are 1, 2, 3 ... in the order of the turns of all schemes.
BenchScheme counting(const std::string& name, int64_t& turns) {
  return {.name = name, .is_rival = false, .step = [&turns]() -> Result<std::vector<int64_t>> {
            return std::vector<int64_t>{++turns};
          }};
}

TEST(BenchRounds, SchemesTakeTurnsAndTheFirstRoundIsNotCounted) {
  int64_t turns = 0;
  BenchTable table;
  std::vector<std::string> phases;
  BenchRounds rounds;
  rounds.repeat = 2;
  rounds.progress = [&](const std::string& phase, int64_t done, int64_t total) {
    EXPECT_EQ(total, 6);
    EXPECT_EQ(done, static_cast<int64_t>(phases.size()));
    phases.push_back(phase);
  };
  table.subject = "factor";
  ASSERT_TRUE(sampleInTurn({counting("a", turns), counting("b", turns)}, rounds, table));
  EXPECT_THAT(table.row("a")->samples_ns, ElementsAre(3, 5));
  EXPECT_THAT(table.row("b")->samples_ns, ElementsAre(4, 6));
  EXPECT_TRUE(table.complete);
  EXPECT_EQ(phases.front(), "factor: a, warm-up");
  EXPECT_EQ(phases.back(), "factor: b, round 2 of 2");
}

TEST(BenchRounds, OnlyTheSchemesThatAreAskedForAreMeasured) {
  int64_t turns = 0;
  BenchTable table;
  BenchRounds rounds;
  rounds.repeat = 1;
  rounds.schemes = {"b"};
  ASSERT_TRUE(sampleInTurn({counting("a", turns), counting("b", turns)}, rounds, table));
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].scheme, "b");
  EXPECT_EQ(turns, 2);
}

TEST(BenchRounds, ASchemeThatIsNotThereIsRefusedWithThoseThatAre) {
  int64_t turns = 0;
  BenchTable table;
  table.subject = "factor";
  BenchRounds rounds;
  rounds.schemes = {"c"};
  const Status sampled =
      sampleInTurn({counting("a", turns), counting("b", turns)}, rounds, table);
  ASSERT_FALSE(sampled);
  EXPECT_EQ(sampled.error().kind, ErrorKind::usage);
  EXPECT_EQ(sampled.error().message, "factor has no scheme 'c'; it has a, b");
  EXPECT_EQ(turns, 0);
}

TEST(BenchRounds, AStopKeepsWhatWasMeasured) {
  int64_t turns = 0;
  std::stop_source stop;
  BenchRounds rounds;
  rounds.repeat = 9;
  rounds.stop = stop.get_token();
  rounds.progress = [&](const std::string&, int64_t done, int64_t) {
    if (done == 3) stop.request_stop();
  };
  BenchTable table;
  ASSERT_TRUE(sampleInTurn({counting("a", turns), counting("b", turns)}, rounds, table));
  EXPECT_FALSE(table.complete);
  EXPECT_THAT(table.row("a")->samples_ns, ElementsAre(3));
  EXPECT_THAT(table.row("b")->samples_ns, IsEmpty());
}

TEST(BenchRounds, AnInterruptedStepIsAStopAndOtherFailuresEndIt) {
  const auto failing = [](ErrorKind kind) {
    return BenchScheme{.name = "a", .is_rival = false, .step = timed([kind] {
                         return Status(failure(kind, "the reason"));
                       })};
  };
  BenchTable table;
  EXPECT_TRUE(sampleInTurn({failing(ErrorKind::interrupted)}, {}, table));
  EXPECT_FALSE(table.complete);
  const Status failed = sampleInTurn({failing(ErrorKind::out_of_memory)}, {}, table);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("the reason"));
}

TEST(BenchRounds, ATimedStepIsOneSample) {
  const auto samples = timed([] { return Status(); })();
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_GE(samples->front(), 0);
}

}  // namespace
}  // namespace xkv
