// SPDX-License-Identifier: Apache-2.0
/// Lists whose lengths do not fit their counts are refused, also when they come as JSON.
#include "profiling/records/shapes.h"

#include <gtest/gtest.h>

#include <limits>

#include "profiling/records/json.h"
#include "tests/records/sample_records.h"

namespace xkv {
namespace {

std::string problemOf(const Record& record) {
  const Status status = checkShapes(record);
  return status ? "" : status.error().message;
}

TEST(Shapes, SamplesFit) {
  for (const Record& record : testing::allSamples()) EXPECT_EQ(problemOf(record), "");
}

TEST(Shapes, MatrixOfCkaFitsTheLayers) {
  auto r = testing::sample<CkaRecord>();
  r.cka.pop_back();
  EXPECT_EQ(problemOf(r), "cka: cka has 3 values, 4 are needed");
  EXPECT_EQ(recordFromJson(toJson(r)).error().message, "cka: cka has 3 values, 4 are needed");
  r.cka.clear();
  EXPECT_EQ(problemOf(r), "");
  r.num_layers_done = 3;
  EXPECT_EQ(problemOf(r), "cka: num_layers_done 3 is above num_layers 2");
}

TEST(Shapes, CountsThatOverflowFitNothing) {
  auto r = testing::sample<CkaRecord>();
  r.num_layers = std::numeric_limits<int64_t>::max();
  EXPECT_NE(problemOf(r), "");
  r.num_layers = int64_t{1} << 32;  // squared: 0 modulo 2^64
  EXPECT_NE(problemOf(r), "");
  r.num_layers = -2;  // squared: 4
  EXPECT_EQ(problemOf(r), "cka: num_layers is -2, 0 at least is needed");
}

TEST(Shapes, ErrorsHaveOneRankMoreThanSingularValues) {
  auto r = testing::sample<SpectrumRecord>();
  r.group_error.pop_back();
  EXPECT_EQ(problemOf(r), "spectrum: group_error has 2 values, 3 are needed");
  r.group_error.clear();
  EXPECT_NE(problemOf(r), "");
  r = testing::sample<SpectrumRecord>();
  r.layer_error.pop_back();
  EXPECT_EQ(problemOf(r), "spectrum: layer_error has 5 values, 6 are needed");
}

TEST(Shapes, ReconstructionFitsHeadsAndTokens) {
  auto r = testing::sample<ReconstructionRecord>();
  r.head_error.pop_back();
  EXPECT_EQ(problemOf(r), "reconstruction: head_error has 5 values, 6 are needed");
  r.head_error.clear();
  r.token_error.resize(7);
  EXPECT_EQ(problemOf(r), "reconstruction: token_error has 7 values, 8 are needed");
}

TEST(Shapes, SpansDoNotEndBeforeTheyStart) {
  TimelineRecord r;
  r.spans = {Span{.start_ns = 5, .end_ns = 4, .label = ""}};
  EXPECT_EQ(problemOf(r), "timeline: start_ns 5 is above end_ns 4");
}

TEST(Shapes, InARunAreCheckedToo) {
  xkv::Run run = testing::sampleRun();
  run.divergence->top1_agrees.push_back(1);
  EXPECT_EQ(runFromJson(toJson(run)).error().message,
            "divergence: top1_agrees has 3 values, 2 are needed");
}

}  // namespace
}  // namespace xkv
