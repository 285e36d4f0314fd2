// SPDX-License-Identifier: Apache-2.0
/// One line on a terminal that says how far the run is, and that leaves no trace.
#include "app/cli/progress_line.h"

#include <algorithm>

#include "profiling/records/printable.h"

namespace xkv::cli {
namespace {

constexpr auto kShortestPause = std::chrono::milliseconds(33);
constexpr const char* kEraseLine = "\r\033[K";

std::string bar(int64_t done, int64_t total) {
  constexpr int64_t kWidth = 20;
  const int64_t filled = std::clamp<int64_t>(kWidth * done / total, 0, kWidth);
  return "[" + std::string(static_cast<size_t>(filled), '#') +
         std::string(static_cast<size_t>(kWidth - filled), '.') + "] ";
}

}  // namespace

void ProgressLine::show(const ProgressRecord& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_on_ || (is_drawn_ && now - drawn_at_ < kShortestPause)) return;
  const std::string front = progress.total > 0 ? bar(progress.done, progress.total) : "";
  console_.err(kEraseLine + front + printable(progress.phase, 50));
  is_drawn_ = true;
  drawn_at_ = now;
}

void ProgressLine::clear() {
  if (!is_drawn_) return;
  console_.err(kEraseLine);
  is_drawn_ = false;
}

}  // namespace xkv::cli
