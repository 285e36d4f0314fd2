// SPDX-License-Identifier: GPL-3.0-or-later
/// Which track a span belongs to and where it lies on the screen; no widget, so that it can be
/// tested.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiling/records/run_record.h"
#include "profiling/records/timeline_record.h"
#include "views/span_lane.h"
#include "views/time_window.h"

namespace xkv::views {

/// What a span's colour says (WINDOW.md 2).
enum class SpanRole { attention, projection, gram, factor, rebuild, other };
constexpr int kNumSpanRoles = 6;
SpanRole roleOf(PhaseKind kind);
/// "attention", "projections, MLP", "Gram blocks", "SVD", "rebuild", "other".
const char* nameOf(SpanRole role);

/// full: a row for each layer. compact: phases, then everything below them in one row.
enum class TrackSet { full, compact };
enum class TrackKind { phases, engine, layer, factor, layers_and_factor };

struct Track {
  TrackKind kind = TrackKind::phases;
  int32_t layer = -1;  ///< of a layer's row
  int32_t group = -1;  ///< group that the layer's spans name; -1 = none
  int64_t num_spans = 0;
  std::vector<SpanLane> lanes;  ///< lane 1 lies on lane 0, as spans nest
};

/// All that a paint needs of one track: its lanes from the bottom up.
using TrackDrawing = std::vector<LaneDrawing>;

class TimelineLayout {
 public:
  TimelineLayout() = default;
  TimelineLayout(TimelineRecord timeline, TrackSet track_set);

  /// Names the group of each layer's row; a plan knows it where the spans do not.
  void setGroups(const std::vector<PlannedGroup>& plan);

  const TimelineRecord& timeline() const { return timeline_; }
  const std::vector<Track>& tracks() const { return tracks_; }
  const Span& span(int32_t index) const { return timeline_.spans[static_cast<size_t>(index)]; }
  /// From 0 to the last end of a span or sample.
  TimeWindow bounds() const { return bounds_; }
  /// A span that contains no other.
  bool isLeaf(int32_t index) const { return leaf_[static_cast<size_t>(index)]; }
  /// Work of its own: every span but a prefill, layer, decode or step that others fill.
  bool isOperation(int32_t index) const;

  TrackDrawing draw(size_t track, TimeWindow window, int width) const;
  /// The uppermost span of a track within `slack_px` of a pixel; -1 = none.
  int32_t spanAt(size_t track, TimeWindow window, int width, double x, double slack_px = 2) const;
  /// Track of a span; none if the track set does not show it.
  std::optional<size_t> trackOf(int32_t index) const;
  /// Nearest start or end of an operation within `slack_ns`, else the time itself.
  int64_t snapped(int64_t time_ns, double slack_ns) const;

  /// The clock cut into stretches, each owned by the innermost operation: no time counts twice.
  const std::vector<Interval>& pieces() const { return pieces_; }
  /// Operations whose words contain every word of the query, in order of start; all if it is empty.
  std::vector<int32_t> matching(std::string_view query) const;

  /// Largest cache sample in [begin, end), carrying in what held at begin; none before the first
  /// sample.
  std::optional<int64_t> largestCacheBytes(double begin_ns, double end_ns) const;
  std::optional<int64_t> cacheBytesAt(double time_ns) const;
  std::optional<CacheSample> cachePeak() const;

 private:
  void cutIntoPieces(const std::vector<Interval>& nested);
  void fillTracks(const std::vector<Interval>& nested, TrackSet track_set);
  size_t samplesUpTo(double time_ns) const;

  TimelineRecord timeline_;
  TimeWindow bounds_;
  std::vector<Track> tracks_;
  std::vector<Interval> pieces_;
  std::vector<int32_t> by_start_;  // all spans, containers before what they contain
  std::vector<bool> leaf_;
  std::vector<int32_t> track_of_;  // per span, -1 = not shown
  MaxPyramid sample_bytes_;
};

/// "layer 5, attention", "g0 keys, rank 24", "decode step 3".
std::string spanName(const Span& span);
/// The words that a search looks at, in lower case: "attention layer 5 g1 step 2".
std::string spanWords(const Span& span);
/// The match that starts after (or before) a span's start, going round at the end; -1 = no match.
int32_t nextMatch(const TimelineLayout& layout, const std::vector<int32_t>& matches, int32_t from,
                  bool forward);

}  // namespace xkv::views
