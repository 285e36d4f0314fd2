// SPDX-License-Identifier: Apache-2.0
/// Writing, thinning and finding spans.
#include "storage/span_rows.h"

#include <algorithm>
#include <map>

#include "storage/table_rows.h"

namespace xkv::storage {
namespace {

constexpr uint64_t kFinestSlices = 65536;
constexpr uint64_t kJoin = 4;

/// Up to here a window's spans are thinned when asked for: finer than what was precomputed.
constexpr int64_t kThinOnDemand = 50000;

// Times come from files: sums and differences are taken without a sign, where they cannot overflow.
uint64_t distance(int64_t from, int64_t to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}
int64_t sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

void join(LevelBucket& into, const LevelBucket& other) {
  if (other.longest_ns > into.longest_ns) {
    into.longest_ns = other.longest_ns;
    into.bucket.kind = other.bucket.kind;
  }
  into.bucket.start_ns = std::min(into.bucket.start_ns, other.bucket.start_ns);
  into.bucket.end_ns = std::max(into.bucket.end_ns, other.bucket.end_ns);
  into.bucket.busy_ns = sum(into.bucket.busy_ns, other.bucket.busy_ns);
  into.bucket.count = sum(into.bucket.count, other.bucket.count);
}

/// Joins what starts in the same slice at the same depth; `finer` is sorted by start.
std::vector<LevelBucket> joinSlices(const std::vector<LevelBucket>& finer, uint64_t slice_ns) {
  struct Open {
    uint64_t slice;
    size_t index;
  };
  std::map<int32_t, Open> open;  // the last bucket of each depth
  std::vector<LevelBucket> level;
  const int64_t origin = finer.empty() ? 0 : finer.front().bucket.start_ns;
  for (const LevelBucket& item : finer) {
    const uint64_t slice = distance(origin, item.bucket.start_ns) / slice_ns;
    const auto [last, is_new] = open.try_emplace(item.bucket.depth, Open{slice, level.size()});
    if (!is_new && last->second.slice == slice) {
      join(level[last->second.index], item);
    } else {
      last->second = {slice, level.size()};
      level.push_back(item);
    }
  }
  return level;
}

LevelBucket readBucket(const Statement& row) {
  LevelBucket item;
  ColumnReader reader(row);
  reader("kind", item.bucket.kind);
  reader("depth", item.bucket.depth);
  reader("start_ns", item.bucket.start_ns);
  reader("end_ns", item.bucket.end_ns);
  return item;
}

/// A span as a bucket of one.
LevelBucket readSpan(const Statement& row) {
  LevelBucket item = readBucket(row);
  item.longest_ns = static_cast<int64_t>(distance(item.bucket.start_ns, item.bucket.end_ns));
  item.bucket.busy_ns = item.longest_ns;
  item.bucket.count = 1;
  return item;
}

std::vector<LevelBucket> sortedSpans(const Database& database, int64_t run_id) {
  Statement row(
      database,
      "SELECT kind, depth, start_ns, end_ns FROM span WHERE run_id = ? ORDER BY position");
  row.bind(run_id);
  std::vector<LevelBucket> spans;
  while (row.step()) spans.push_back(readSpan(row));
  std::stable_sort(spans.begin(), spans.end(), [](const LevelBucket& a, const LevelBucket& b) {
    return a.bucket.start_ns < b.bucket.start_ns;
  });
  return spans;
}

constexpr const char* kInWindow = " AND start_ns < ? AND (end_ns > ? OR start_ns >= ?)";

std::vector<LevelBucket> spansIn(const Database& database, int64_t run_id, int64_t start_ns,
                                 int64_t end_ns) {
  Statement row(database,
                std::string("SELECT kind, depth, start_ns, end_ns FROM span WHERE run_id = ?") +
                    kInWindow + " ORDER BY start_ns, position");
  row.bind(run_id).bind(end_ns).bind(start_ns).bind(start_ns);
  std::vector<LevelBucket> spans;
  while (row.step()) spans.push_back(readSpan(row));
  return spans;
}

/// How many spans overlap the window, counted no further than `limit`.
int64_t countIn(const Database& database, int64_t run_id, int64_t start_ns, int64_t end_ns,
                int64_t limit) {
  Statement row(database, std::string("SELECT count(*) FROM (SELECT 1 FROM span WHERE run_id = ?") +
                              kInWindow + " LIMIT ?)");
  row.bind(run_id).bind(end_ns).bind(start_ns).bind(start_ns).bind(limit);
  row.step();
  return row.integer(0);
}

std::vector<SpanBucket> storedBuckets(const Database& database, int64_t run_id, int64_t level,
                                      int64_t start_ns, int64_t end_ns) {
  Statement row(database,
                std::string("SELECT kind, depth, start_ns, end_ns, busy_ns, count FROM span_bucket "
                            "WHERE run_id = ? AND level = ?") +
                    kInWindow + " ORDER BY start_ns, depth");
  row.bind(run_id).bind(level).bind(end_ns).bind(start_ns).bind(start_ns);
  std::vector<SpanBucket> buckets;
  while (row.step()) {
    SpanBucket bucket = readBucket(row).bucket;
    bucket.busy_ns = row.integer(4);
    bucket.count = row.integer(5);
    buckets.push_back(bucket);
  }
  return buckets;
}

std::vector<SpanBucket> bucketsOf(const std::vector<LevelBucket>& items) {
  std::vector<SpanBucket> buckets;
  buckets.reserve(items.size());
  for (const LevelBucket& item : items) buckets.push_back(item.bucket);
  return buckets;
}

std::vector<SpanBucket> thinned(const std::vector<LevelBucket>& spans, int64_t max_buckets) {
  if (std::cmp_less_equal(spans.size(), max_buckets)) return bucketsOf(spans);
  const auto levels = levelsOf(spans);
  for (const auto& level : levels) {
    if (std::cmp_less_equal(level.size(), max_buckets)) return bucketsOf(level);
  }
  return bucketsOf(levels.empty() ? spans : levels.back());
}

int64_t storedLevels(const Database& database, int64_t run_id) {
  Statement row(database, "SELECT coalesce(max(level) + 1, 0) FROM span_bucket WHERE run_id = ?");
  row.bind(run_id).step();
  return row.integer(0);
}

void deleteBuckets(const Database& database, int64_t run_id) {
  Statement(database, "DELETE FROM span_bucket WHERE run_id = ?").bind(run_id).run();
}

}  // namespace

std::vector<std::vector<LevelBucket>> levelsOf(const std::vector<LevelBucket>& spans) {
  std::vector<std::vector<LevelBucket>> levels;
  if (spans.empty()) return levels;
  const uint64_t length = distance(spans.front().bucket.start_ns, spans.back().bucket.start_ns);
  levels.reserve(16);  // `finer` points into it
  const std::vector<LevelBucket>* finer = &spans;
  for (uint64_t slices = kFinestSlices; slices > 0; slices /= kJoin) {
    std::vector<LevelBucket> level = joinSlices(*finer, length / slices + 1);
    if (level.size() > finer->size() / 4 * 3 && slices > 1) continue;
    levels.push_back(std::move(level));
    finer = &levels.back();
  }
  return levels;
}

void appendTimeline(const Database& database, int64_t run_id, const TimelineRecord& part) {
  saveList(database, "span", run_id, part.spans, nextPosition(database, "span", run_id));
  saveList(database, "cache_sample", run_id, part.cache_samples,
           nextPosition(database, "cache_sample", run_id));
  Statement(database, "UPDATE run SET dropped_spans = dropped_spans + ? WHERE run_id = ?")
      .bind(part.dropped_spans)
      .bind(run_id)
      .run();
  deleteBuckets(database, run_id);  // they would not know the new spans
}

TimelineRecord loadTimeline(const Database& database, int64_t run_id) {
  TimelineRecord timeline;
  timeline.spans = loadList<Span>(database, "span", run_id);
  timeline.cache_samples = loadList<CacheSample>(database, "cache_sample", run_id);
  Statement row(database, "SELECT dropped_spans FROM run WHERE run_id = ?");
  if (row.bind(run_id).step()) timeline.dropped_spans = row.integer(0);
  return timeline;
}

void rebuildSpanBuckets(const Database& database, int64_t run_id) {
  deleteBuckets(database, run_id);
  Statement row(database, insertSql("span_bucket", {"run_id", "level", "start_ns", "depth",
                                                    "end_ns", "busy_ns", "count", "kind"}));
  int64_t level_index = 0;
  for (const auto& level : levelsOf(sortedSpans(database, run_id))) {
    for (const LevelBucket& item : level) {
      const SpanBucket& b = item.bucket;
      row.bind(run_id).bind(level_index).bind(b.start_ns).bind(int64_t{b.depth}).bind(b.end_ns);
      row.bind(b.busy_ns).bind(b.count).bind(word(b.kind)).run();
    }
    ++level_index;
  }
}

std::vector<SpanBucket> querySpanBuckets(const Database& database, int64_t run_id, int64_t start_ns,
                                         int64_t end_ns, int64_t max_buckets) {
  const int64_t limit = std::max(kThinOnDemand, max_buckets);
  const int64_t levels = storedLevels(database, run_id);
  if (levels == 0 || countIn(database, run_id, start_ns, end_ns, limit + 1) <= limit) {
    return thinned(spansIn(database, run_id, start_ns, end_ns), max_buckets);
  }
  std::vector<SpanBucket> buckets;
  for (int64_t level = 0; level < levels; ++level) {
    buckets = storedBuckets(database, run_id, level, start_ns, end_ns);
    if (std::cmp_less_equal(buckets.size(), max_buckets)) break;
  }
  return buckets;
}

}  // namespace xkv::storage
