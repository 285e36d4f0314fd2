// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the time of a stretch of the timeline went, by operation.
#pragma once

#include <cstdint>
#include <vector>

#include "views/timeline_layout.h"

namespace xkv::views {

/// Operations of one role. Each counts with its own time inside the range: not what it contains.
struct RoleStatistics {
  SpanRole role = SpanRole::other;
  int64_t count = 0;
  int64_t sum_ns = 0;
  double share = 0;  ///< of the range
  int64_t p50_ns = 0;
  int64_t p99_ns = 0;  ///< nearest rank; said only where count is at least kLeastForP99
  int64_t max_ns = 0;
};

/// Below this many samples a 99th percentile is the maximum in other words.
constexpr int64_t kLeastForP99 = 100;

struct RangeStatistics {
  int64_t begin_ns = 0;
  int64_t end_ns = 0;
  int64_t count = 0;                  ///< operations that touch the range
  int64_t cut = 0;                    ///< of these, cut by an end of the range
  int64_t busy_ns = 0;                ///< sum of their own parts inside
  int64_t idle_ns = 0;                ///< time of the range inside no operation
  std::vector<RoleStatistics> roles;  ///< by sum, largest first; roles without spans are not here
  std::vector<int32_t> longest;  ///< spans by their part inside the range, at most kLongestSpans
};

constexpr size_t kLongestSpans = 20;

RangeStatistics rangeStatistics(const TimelineLayout& layout, int64_t begin_ns, int64_t end_ns);

}  // namespace xkv::views
