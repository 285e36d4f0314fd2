// SPDX-License-Identifier: Apache-2.0
/// Turns phases into spans on one steady clock, ns since the recorder was made.
#include "profiling/timeline_recorder.h"

#include <utility>

namespace xkv {
namespace {

int64_t steadyNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

size_t indexOf(PhaseKind kind) { return static_cast<size_t>(kind); }

}  // namespace

TimelineRecorder::TimelineRecorder() : TimelineRecorder(steadyNs) {}

TimelineRecorder::TimelineRecorder(Clock clock)
    : clock_(std::move(clock)), start_ns_(clock_()), totals_(indexOf(PhaseKind::sample) + 1, 0) {}

void TimelineRecorder::begin(Phase phase) {
  Span span;
  span.kind = phase.kind;
  span.layer = phase.layer;
  span.group = phase.group;
  span.step = phase.step;
  span.depth = static_cast<int32_t>(open_.size());
  span.label = std::move(phase.label);
  span.start_ns = nowNs();
  open_.push_back(std::move(span));
}

void TimelineRecorder::end() {
  if (open_.empty()) return;
  Span span = std::move(open_.back());
  open_.pop_back();
  span.end_ns = nowNs();
  totals_[indexOf(span.kind)] += span.end_ns - span.start_ns;
  finished_.spans.push_back(std::move(span));
}

void TimelineRecorder::cacheBytes(int64_t bytes) {
  finished_.cache_samples.push_back({.time_ns = nowNs(), .cache_bytes = bytes});
}

TimelineRecord TimelineRecorder::take() { return std::exchange(finished_, {}); }

void TimelineRecorder::endAll() {
  while (!open_.empty()) end();
}

int64_t TimelineRecorder::totalNs(PhaseKind kind) const { return totals_[indexOf(kind)]; }

}  // namespace xkv
