// SPDX-License-Identifier: Apache-2.0
/// The level of detail of a timeline: nothing is lost in it, and a window is answered at any size.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "storage/session_store.h"
#include "storage/span_rows.h"
#include "tests/records/sample_records.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using testing::ScratchFolder;

/// `count` spans of 8 ns every 10 ns at depth 1, under one decode span at depth 0.
TimelineRecord evenTimeline(int64_t count) {
  TimelineRecord timeline;
  for (int64_t i = 0; i < count; ++i) {
    timeline.spans.push_back({.kind = i % 2 == 0 ? PhaseKind::attention : PhaseKind::mlp,
                              .start_ns = 10 * i,
                              .end_ns = 10 * i + 8,
                              .depth = 1,
                              .label = ""});
  }
  timeline.spans.push_back(
      {.kind = PhaseKind::decode, .start_ns = 0, .end_ns = 10 * count, .label = ""});
  return timeline;
}

struct Totals {
  int64_t count = 0;
  int64_t busy_ns = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};
Totals totalsOf(const std::vector<SpanBucket>& buckets) {
  Totals totals;
  for (const SpanBucket& bucket : buckets) {
    totals.count += bucket.count;
    totals.busy_ns += bucket.busy_ns;
  }
  return totals;
}

class SpanBuckets : public ::testing::Test {
 protected:
  void store(const TimelineRecord& timeline, bool finished = true) {
    run_id_ = session_.beginRun(RunStarted()).value();
    ASSERT_TRUE(session_.append(run_id_, timeline));
    if (!finished) return;
    ASSERT_TRUE(session_.append(run_id_, RunFinished()));
  }
  std::vector<SpanBucket> query(int64_t start_ns, int64_t end_ns, int64_t max_buckets) {
    return session_.spanBuckets(run_id_, start_ns, end_ns, max_buckets).value();
  }

  ScratchFolder folder_;
  SessionStore session_ = SessionStore::create(folder_.file("s.xkv")).value();
  int64_t run_id_ = 0;
};

TEST_F(SpanBuckets, FewSpansAreSingle) {
  store(evenTimeline(5));
  const auto all = query(0, 50, 10);
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[0].count, 1);
  const auto window = query(12, 30, 10);
  const std::vector<SpanBucket> expected = {{PhaseKind::decode, 0, 0, 50, 50, 1},
                                            {PhaseKind::mlp, 1, 10, 18, 8, 1},
                                            {PhaseKind::attention, 1, 20, 28, 8, 1}};
  auto sorted = window;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(a.depth, a.start_ns) < std::pair(b.depth, b.start_ns);
  });
  EXPECT_EQ(sorted, expected);
  EXPECT_EQ(query(8, 10, 10).size(), 1U) << "between two spans only the outer one";
  EXPECT_TRUE(query(1000, 2000, 10).empty());
  EXPECT_TRUE(query(30, 30, 10).empty() || query(30, 30, 10).size() == 1U);
}

TEST_F(SpanBuckets, HundredThousandSpansFitAnyNumberOfBuckets) {
  store(evenTimeline(100000));
  const Totals all{100001, 100000 * 8 + 1000000};
  for (const int64_t max : {2, 10, 100, 3000, 50000, 200000}) {
    const auto buckets = query(0, 1000001, max);
    EXPECT_LE(static_cast<int64_t>(buckets.size()), max);
    EXPECT_EQ(totalsOf(buckets), all) << max;
  }
  EXPECT_GT(query(0, 1000001, 3000).size(), 3000U / 8) << "not coarser than needed";
}

TEST_F(SpanBuckets, NarrowWindowIsFine) {
  store(evenTimeline(100000));
  const auto single = query(500000, 501000, 1000);
  EXPECT_EQ(single.size(), 101U);
  EXPECT_EQ(query(500000, 501000, 0).size(), 2U) << "at least one per depth";
  const auto thinned = query(500000, 600000, 500);
  EXPECT_LE(thinned.size(), 500U);
  EXPECT_EQ(totalsOf(thinned).count, 10001);
}

TEST_F(SpanBuckets, RunWithoutAnEndIsAnsweredToo) {
  store(evenTimeline(100000), false);
  EXPECT_EQ(totalsOf(query(0, 1000001, 100)).count, 100001);
  EXPECT_LE(query(0, 1000001, 100).size(), 100U);
}

TEST_F(SpanBuckets, PartAfterTheEndIsCounted) {
  store(evenTimeline(100000));
  ASSERT_TRUE(session_.append(run_id_, evenTimeline(9)));
  EXPECT_EQ(totalsOf(query(0, 1000001, 100)).count, 100011);
}

TEST(LevelsOf, KindIsThatOfTheLongestSpan) {
  std::vector<LevelBucket> spans;
  for (int64_t i = 0; i < 100; ++i) {
    const int64_t length = i == 70 ? 9 : 3;
    spans.push_back(
        {{i == 70 ? PhaseKind::factor : PhaseKind::gram, 0, 10 * i, 10 * i + length, length, 1},
         length});
  }
  const auto levels = levelsOf(spans);
  ASSERT_FALSE(levels.empty());
  ASSERT_EQ(levels.back().size(), 1U);
  const SpanBucket whole = levels.back()[0].bucket;
  EXPECT_EQ(whole, (SpanBucket{PhaseKind::factor, 0, 0, 993, 306, 100}));
  for (size_t i = 1; i < levels.size(); ++i) EXPECT_LT(levels[i].size(), levels[i - 1].size());
  EXPECT_TRUE(levelsOf({}).empty());
}

TEST(LevelsOf, SpansOfDifferentDepthAreNotJoined) {
  std::vector<LevelBucket> spans;
  for (int64_t i = 0; i < 40; ++i) {
    spans.push_back({{PhaseKind::layer, static_cast<int32_t>(i % 4), i, i + 1, 1, 1}, 1});
  }
  const auto levels = levelsOf(spans);
  ASSERT_EQ(levels.back().size(), 4U);
  for (const LevelBucket& item : levels.back()) EXPECT_EQ(item.bucket.count, 10);
}

}  // namespace
}  // namespace xkv::storage
