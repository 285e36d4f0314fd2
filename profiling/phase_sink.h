// SPDX-License-Identifier: Apache-2.0
/// Where the engine says what it is doing: phases that begin and end, and the cache's size.
#pragma once

#include <cstdint>
#include <string>

#include "profiling/records/timeline_record.h"

namespace xkv {

/// What a phase is about. Label is for people and may be empty.
struct Phase {
  PhaseKind kind = PhaseKind::prefill;
  int32_t layer = -1;
  int32_t group = -1;
  int32_t step = -1;
  std::string label;
};

/// Called from the engine's one worker thread only; begin and end nest like brackets.
class PhaseSink {
 public:
  virtual ~PhaseSink() = default;
  virtual void begin(Phase phase) = 0;
  virtual void end() = 0;
  /// Bytes that the cache holds now.
  virtual void cacheBytes(int64_t bytes) = 0;
};

/// A phase for the length of a scope.
class PhaseScope {
 public:
  PhaseScope(PhaseSink& sink, Phase phase) : sink_(sink) { sink_.begin(std::move(phase)); }
  ~PhaseScope() { sink_.end(); }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

 private:
  PhaseSink& sink_;
};

}  // namespace xkv
