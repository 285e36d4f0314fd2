// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the time of a stretch of the timeline went, by operation.
#include "views/range_statistics.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace xkv::views {
namespace {

/// Nearest rank: the smallest value that `percent` of the values do not exceed.
int64_t percentile(std::vector<int64_t>& values, int64_t percent) {
  const auto n = static_cast<int64_t>(values.size());
  const int64_t rank = std::max<int64_t>(1, (n * percent + 99) / 100);
  const auto nth = values.begin() + (rank - 1);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

RoleStatistics statisticsOf(SpanRole role, std::vector<int64_t>& parts, int64_t range_ns) {
  RoleStatistics result;
  result.role = role;
  result.count = static_cast<int64_t>(parts.size());
  for (const int64_t part : parts) result.sum_ns += part;
  result.share = static_cast<double>(result.sum_ns) / static_cast<double>(range_ns);
  result.p50_ns = percentile(parts, 50);
  result.p99_ns = percentile(parts, 99);
  result.max_ns = *std::max_element(parts.begin(), parts.end());
  return result;
}

using Part = std::pair<int64_t, int32_t>;  // ns inside the range, span

std::vector<int32_t> longestOf(std::vector<Part>& parts) {
  const size_t count = std::min(parts.size(), kLongestSpans);
  std::partial_sort(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count), parts.end(),
                    [](const Part& a, const Part& b) {
                      return a.first != b.first ? a.first > b.first : a.second < b.second;
                    });
  std::vector<int32_t> spans;
  for (size_t i = 0; i < count; ++i) spans.push_back(parts[i].second);
  return spans;
}

/// Own time of each operation inside the range, in order of first appearance.
std::vector<Part> partsInside(const TimelineLayout& layout, int64_t begin_ns, int64_t end_ns) {
  std::vector<Part> parts;
  std::unordered_map<int32_t, size_t> place;  // of operations that come in several pieces
  const auto& pieces = layout.pieces();
  auto piece = std::partition_point(pieces.begin(), pieces.end(),
                                    [&](const Interval& i) { return i.end_ns <= begin_ns; });
  for (; piece != pieces.end() && piece->start_ns < end_ns; ++piece) {
    const int64_t inside = std::min(piece->end_ns, end_ns) - std::max(piece->start_ns, begin_ns);
    if (!layout.isLeaf(piece->span)) {
      const auto [found, added] = place.try_emplace(piece->span, parts.size());
      if (!added) {
        parts[found->second].first += inside;
        continue;
      }
    }
    parts.emplace_back(inside, piece->span);
  }
  return parts;
}

}  // namespace

RangeStatistics rangeStatistics(const TimelineLayout& layout, int64_t begin_ns, int64_t end_ns) {
  RangeStatistics result;
  result.begin_ns = begin_ns;
  result.end_ns = end_ns;
  if (end_ns <= begin_ns) return result;

  std::vector<Part> parts = partsInside(layout, begin_ns, end_ns);
  std::array<std::vector<int64_t>, kNumSpanRoles> by_role;
  result.count = static_cast<int64_t>(parts.size());
  for (const auto& [inside, index] : parts) {
    const Span& span = layout.span(index);
    result.cut += span.start_ns < begin_ns || span.end_ns > end_ns;
    result.busy_ns += inside;
    by_role[static_cast<size_t>(roleOf(span.kind))].push_back(inside);
  }
  result.idle_ns = end_ns - begin_ns - result.busy_ns;
  for (size_t role = 0; role < by_role.size(); ++role)
    if (!by_role[role].empty())
      result.roles.push_back(
          statisticsOf(static_cast<SpanRole>(role), by_role[role], end_ns - begin_ns));
  std::stable_sort(
      result.roles.begin(), result.roles.end(),
      [](const RoleStatistics& a, const RoleStatistics& b) { return a.sum_ns > b.sum_ns; });
  result.longest = longestOf(parts);
  return result;
}

}  // namespace xkv::views
