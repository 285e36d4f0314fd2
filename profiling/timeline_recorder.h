// SPDX-License-Identifier: Apache-2.0
/// Turns phases into spans on one steady clock, ns since the recorder was made.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "profiling/phase_sink.h"

namespace xkv {

/// Collects finished spans; `take` hands over what has come since the last call.
class TimelineRecorder final : public PhaseSink {
 public:
  using Clock = std::function<int64_t()>;  ///< ns, never backwards

  TimelineRecorder();
  explicit TimelineRecorder(Clock clock);

  void begin(Phase phase) override;
  void end() override;
  void cacheBytes(int64_t bytes) override;

  int64_t nowNs() const { return clock_() - start_ns_; }
  /// Spans finished and samples taken since the last call, spans in order of end_ns.
  TimelineRecord take();
  /// Ends every open phase now; for a run that failed in the middle.
  void endAll();
  /// Sum of the durations of all finished spans of one kind.
  int64_t totalNs(PhaseKind kind) const;

 private:
  Clock clock_;
  int64_t start_ns_;
  std::vector<Span> open_;
  TimelineRecord finished_;
  std::vector<int64_t> totals_;
};

}  // namespace xkv
