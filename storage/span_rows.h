// SPDX-License-Identifier: Apache-2.0
/// Spans as rows, and the buckets that stand for them where there are more than a screen can show.
#pragma once

#include <cstdint>
#include <vector>

#include "profiling/records/timeline_record.h"
#include "storage/database.h"
#include "storage/session_store.h"

namespace xkv::storage {

/// A bucket and the length of its longest span, which decides its kind when buckets are joined.
struct LevelBucket {
  SpanBucket bucket;
  int64_t longest_ns = 0;
};

/// Levels of detail of spans that are sorted by start, the finest first. Spans of one depth that
/// start in the same slice of time share a bucket; each level has slices four times as long as the
/// one before, the last one slice. Levels that save less than a quarter are left out.
std::vector<std::vector<LevelBucket>> levelsOf(const std::vector<LevelBucket>& spans);

/// A part of a timeline behind what the run has already.
void appendTimeline(const Database& database, int64_t run_id, const TimelineRecord& part);
TimelineRecord loadTimeline(const Database& database, int64_t run_id);

/// Makes the run's buckets anew from all of its spans.
void rebuildSpanBuckets(const Database& database, int64_t run_id);

/// At most max_buckets of what overlaps [start_ns, end_ns), but at least one per depth.
std::vector<SpanBucket> querySpanBuckets(const Database& database, int64_t run_id, int64_t start_ns,
                                         int64_t end_ns, int64_t max_buckets);

}  // namespace xkv::storage
