// SPDX-License-Identifier: Apache-2.0
/// Spans nest, keep their clock and their totals.
#include "profiling/timeline_recorder.h"

#include <gtest/gtest.h>

namespace xkv {
namespace {

TEST(TimelineRecorder, NestsAndCountsFromItsStart) {
  int64_t now = 1000;
  TimelineRecorder recorder([&now] { return now; });
  recorder.begin({PhaseKind::prefill, -1, -1, -1, "prompt"});
  now += 10;
  recorder.begin({PhaseKind::layer, 3, -1, -1, ""});
  now += 5;
  recorder.cacheBytes(64);
  recorder.end();
  recorder.endAll();
  recorder.end();  // nothing is open: no span
  const TimelineRecord record = recorder.take();
  ASSERT_EQ(record.spans.size(), 2u);
  EXPECT_EQ(record.spans[0], (Span{PhaseKind::layer, 10, 15, 3, -1, -1, 1, ""}));
  EXPECT_EQ(record.spans[1], (Span{PhaseKind::prefill, 0, 15, -1, -1, -1, 0, "prompt"}));
  EXPECT_EQ(record.cache_samples, (std::vector<CacheSample>{{15, 64}}));
  EXPECT_EQ(recorder.totalNs(PhaseKind::layer), 5);
  EXPECT_TRUE(recorder.take().spans.empty());
}

}  // namespace
}  // namespace xkv
