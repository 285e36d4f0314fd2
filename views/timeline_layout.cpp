// SPDX-License-Identifier: GPL-3.0-or-later
/// Which track a span belongs to and where it lies on the screen; no widget, so that it can be
/// tested.
#include "views/timeline_layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace xkv::views {
namespace {

/// Deeper nesting than this is data of nobody's engine; what is deeper is cut to fit the last lane.
constexpr size_t kMostLanes = 32;

/// By start, and containers before what they contain.
std::vector<Interval> nestedOrder(const std::vector<Span>& spans) {
  std::vector<Interval> nested;
  nested.reserve(spans.size());
  for (size_t i = 0; i < spans.size(); ++i)
    nested.push_back({spans[i].start_ns, std::max(spans[i].start_ns, spans[i].end_ns),
                      static_cast<int32_t>(i), static_cast<int32_t>(roleOf(spans[i].kind))});
  std::sort(nested.begin(), nested.end(), [&](const Interval& a, const Interval& b) {
    if (a.start_ns != b.start_ns) return a.start_ns < b.start_ns;
    if (a.end_ns != b.end_ns) return a.end_ns > b.end_ns;
    const int32_t depth_a = spans[static_cast<size_t>(a.span)].depth;
    const int32_t depth_b = spans[static_cast<size_t>(b.span)].depth;
    return depth_a != depth_b ? depth_a < depth_b : a.span < b.span;
  });
  return nested;
}

/// Deals intervals in nested order onto lanes so that a lane's intervals never overlap.
std::vector<SpanLane> lanesFrom(const std::vector<Interval>& nested) {
  std::vector<std::vector<Interval>> lanes;
  for (Interval interval : nested) {
    size_t lane = 0;
    while (lane < lanes.size() && lanes[lane].back().end_ns > interval.start_ns) ++lane;
    if (lane == kMostLanes) {
      interval.start_ns = lanes[--lane].back().end_ns;
      if (interval.start_ns >= interval.end_ns) continue;
    }
    if (lane == lanes.size()) lanes.emplace_back();
    lanes[lane].push_back(interval);
  }
  return {std::make_move_iterator(lanes.begin()), std::make_move_iterator(lanes.end())};
}

bool isPhase(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::load:
    case PhaseKind::tokenize:
    case PhaseKind::prefill:
    case PhaseKind::analysis:
    case PhaseKind::decode:
    case PhaseKind::decode_step:
      return true;
    default:
      return false;
  }
}

TrackKind trackKindOf(const Span& span) {
  if (isPhase(span.kind)) return TrackKind::phases;
  if (span.kind == PhaseKind::factor) return TrackKind::factor;
  if (span.layer >= 0) return TrackKind::layer;
  return span.group >= 0 ? TrackKind::factor : TrackKind::engine;
}

using TrackKey = std::pair<TrackKind, int32_t>;

/// Where a span is drawn; none for a layer's bracket around its own operations.
std::optional<TrackKey> trackKeyOf(const Span& span, bool leaf, TrackSet track_set) {
  if (span.kind == PhaseKind::layer && !leaf) return std::nullopt;
  const TrackKind kind = trackKindOf(span);
  if (track_set == TrackSet::full)
    return TrackKey{kind, kind == TrackKind::layer ? span.layer : -1};
  if (kind == TrackKind::phases) {
    // A step in the phases row would hide the word "decode" where the row is all there is room for.
    if (span.kind == PhaseKind::decode_step && !leaf) return std::nullopt;
    return TrackKey{kind, -1};
  }
  return TrackKey{TrackKind::layers_and_factor, -1};
}

int trackOrder(TrackKind kind) {
  switch (kind) {
    case TrackKind::phases:
      return 0;
    case TrackKind::engine:
      return 1;
    case TrackKind::layer:
    case TrackKind::layers_and_factor:
      return 2;
    case TrackKind::factor:
      return 3;
  }
  return 4;
}

bool isContainer(PhaseKind kind) {
  return kind == PhaseKind::prefill || kind == PhaseKind::layer || kind == PhaseKind::decode ||
         kind == PhaseKind::decode_step;
}

TimeWindow boundsOf(const TimelineRecord& timeline) {
  int64_t end_ns = 1;
  for (const Span& span : timeline.spans) end_ns = std::max({end_ns, span.start_ns, span.end_ns});
  for (const CacheSample& sample : timeline.cache_samples)
    end_ns = std::max(end_ns, sample.time_ns);
  return {0, static_cast<double>(end_ns)};
}

}  // namespace

TimelineLayout::TimelineLayout(TimelineRecord timeline, TrackSet track_set)
    : timeline_(std::move(timeline)), bounds_(boundsOf(timeline_)) {
  std::stable_sort(
      timeline_.cache_samples.begin(), timeline_.cache_samples.end(),
      [](const CacheSample& a, const CacheSample& b) { return a.time_ns < b.time_ns; });
  std::vector<int64_t> bytes;
  bytes.reserve(timeline_.cache_samples.size());
  for (const CacheSample& sample : timeline_.cache_samples) bytes.push_back(sample.cache_bytes);
  sample_bytes_ = MaxPyramid(std::move(bytes));

  const std::vector<Interval> nested = nestedOrder(timeline_.spans);
  by_start_.reserve(nested.size());
  for (const Interval& interval : nested) by_start_.push_back(interval.span);
  cutIntoPieces(nested);
  fillTracks(nested, track_set);
}

bool TimelineLayout::isOperation(int32_t index) const {
  return isLeaf(index) || !isContainer(span(index).kind);
}

void TimelineLayout::cutIntoPieces(const std::vector<Interval>& nested) {
  leaf_.assign(nested.size(), true);
  std::vector<Interval> open;
  int64_t cursor_ns = 0;
  const auto own = [&](const Interval& owner, int64_t until_ns) {
    const bool instant = owner.start_ns == owner.end_ns;
    if ((until_ns > cursor_ns || instant) && isOperation(owner.span))
      pieces_.push_back({cursor_ns, std::max(cursor_ns, until_ns), owner.span, owner.colour});
    cursor_ns = std::max(cursor_ns, until_ns);
  };
  const auto closeUntil = [&](int64_t time_ns) {
    while (!open.empty() && open.back().end_ns <= time_ns) {
      own(open.back(), open.back().end_ns);
      open.pop_back();
    }
  };
  for (Interval interval : nested) {
    closeUntil(interval.start_ns);
    if (!open.empty()) {
      leaf_[static_cast<size_t>(open.back().span)] = false;
      own(open.back(), interval.start_ns);
      interval.end_ns = std::min(interval.end_ns, open.back().end_ns);
    }
    cursor_ns = std::max(cursor_ns, interval.start_ns);
    open.push_back(interval);
  }
  closeUntil(INT64_MAX);
}

void TimelineLayout::fillTracks(const std::vector<Interval>& nested, TrackSet track_set) {
  std::map<std::pair<int, int32_t>, std::pair<TrackKey, std::vector<Interval>>> by_track;
  for (const Interval& interval : nested) {
    const auto key = trackKeyOf(span(interval.span), isLeaf(interval.span), track_set);
    if (!key) continue;
    auto& [stored_key, intervals] = by_track[{trackOrder(key->first), key->second}];
    stored_key = *key;
    intervals.push_back(interval);
  }
  track_of_.assign(nested.size(), -1);
  for (auto& [order, entry] : by_track) {
    auto& [key, intervals] = entry;
    Track track{key.first, key.second, -1, static_cast<int64_t>(intervals.size()), {}};
    for (const Interval& interval : intervals) {
      track_of_[static_cast<size_t>(interval.span)] = static_cast<int32_t>(tracks_.size());
      track.group = std::max(track.group, span(interval.span).group);
    }
    track.lanes = lanesFrom(intervals);
    tracks_.push_back(std::move(track));
  }
}

void TimelineLayout::setGroups(const std::vector<PlannedGroup>& plan) {
  for (Track& track : tracks_) {
    for (size_t g = 0; g < plan.size(); ++g) {
      const int64_t offset = track.layer - plan[g].first_layer;
      if (track.layer >= 0 && offset >= 0 && offset < plan[g].num_layers)
        track.group = static_cast<int32_t>(g);
    }
  }
}

TrackDrawing TimelineLayout::draw(size_t track, TimeWindow window, int width) const {
  TrackDrawing drawing;
  if (width <= 0) return drawing;
  for (const SpanLane& lane : tracks_[track].lanes) drawing.push_back(lane.draw(window, width));
  return drawing;
}

int32_t TimelineLayout::spanAt(size_t track, TimeWindow window, int width, double x,
                               double slack_px) const {
  const auto& lanes = tracks_[track].lanes;
  const double time = window.timeAt(x, width);
  const double slack_ns = slack_px * window.length() / width;
  for (auto lane = lanes.rbegin(); lane != lanes.rend(); ++lane)
    if (const Interval* interval = lane->at(std::llround(time))) return interval->span;
  for (auto lane = lanes.rbegin(); lane != lanes.rend(); ++lane) {
    const size_t next = lane->firstEndingAfter(time - slack_ns);
    if (next == lane->intervals().size()) continue;
    const Interval& interval = lane->intervals()[next];
    if (static_cast<double>(interval.start_ns) <= time + slack_ns) return interval.span;
  }
  return -1;
}

std::optional<size_t> TimelineLayout::trackOf(int32_t index) const {
  const int32_t track = track_of_[static_cast<size_t>(index)];
  if (track < 0) return std::nullopt;
  return static_cast<size_t>(track);
}

int64_t TimelineLayout::snapped(int64_t time_ns, double slack_ns) const {
  const auto after =
      std::partition_point(pieces_.begin(), pieces_.end(),
                           [&](const Interval& piece) { return piece.end_ns <= time_ns; });
  std::vector<int64_t> edges;
  if (after != pieces_.end()) edges = {after->start_ns, after->end_ns};
  if (after != pieces_.begin()) edges.push_back(std::prev(after)->end_ns);
  int64_t best = time_ns;
  double best_distance = slack_ns;
  for (const int64_t edge : edges) {
    const double distance = std::abs(static_cast<double>(edge - time_ns));
    if (distance > best_distance) continue;
    best = edge;
    best_distance = distance;
  }
  return best;
}

size_t TimelineLayout::samplesUpTo(double time_ns) const {
  const auto& samples = timeline_.cache_samples;
  const auto after = std::partition_point(
      samples.begin(), samples.end(),
      [&](const CacheSample& s) { return static_cast<double>(s.time_ns) <= time_ns; });
  return static_cast<size_t>(after - samples.begin());
}

std::optional<int64_t> TimelineLayout::cacheBytesAt(double time_ns) const {
  const size_t count = samplesUpTo(time_ns);
  if (count == 0) return std::nullopt;
  return timeline_.cache_samples[count - 1].cache_bytes;
}

std::optional<int64_t> TimelineLayout::largestCacheBytes(double begin_ns, double end_ns) const {
  const size_t held = samplesUpTo(begin_ns);
  const size_t first = held == 0 ? 0 : held - 1;
  const size_t last = samplesUpTo(end_ns);
  if (first >= last) return std::nullopt;
  return sample_bytes_.value(sample_bytes_.indexOfMax(first, last));
}

std::optional<CacheSample> TimelineLayout::cachePeak() const {
  const auto& samples = timeline_.cache_samples;
  if (samples.empty()) return std::nullopt;
  return samples[sample_bytes_.indexOfMax(0, samples.size())];
}

}  // namespace xkv::views
