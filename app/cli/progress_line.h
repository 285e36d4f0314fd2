// SPDX-License-Identifier: Apache-2.0
/// One line on a terminal that says how far the run is, and that leaves no trace.
#pragma once

#include <chrono>

#include "app/cli/console.h"
#include "profiling/records/run_record.h"

namespace xkv::cli {

class ProgressLine {
 public:
  /// Draws nothing where the console has no progress or `quiet` is asked.
  ProgressLine(const Console& console, bool quiet)
      : console_(console), is_on_(console.has_progress && !quiet) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// At most 30 times a second.
  void show(const ProgressRecord& progress);
  /// Before anything else is written to the terminal.
  void clear();

 private:
  const Console& console_;
  bool is_on_ = false;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point drawn_at_;
};

}  // namespace xkv::cli
