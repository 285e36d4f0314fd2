// SPDX-License-Identifier: Apache-2.0
/// Medians, quartiles and ratios of what a benchmark measured.
#include "profiling/bench_table.h"

#include <algorithm>
#include <cmath>

namespace xkv {
namespace {

/// `share` of the way from the first to the last of sorted values.
double quantile(const std::vector<int64_t>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const double below = std::floor(place);
  const auto at = [&](double index) {
    return static_cast<double>(sorted[static_cast<size_t>(index)]);
  };
  return at(below) + (place - below) * (at(std::ceil(place)) - at(below));
}

}  // namespace

std::optional<Spread> spreadOf(std::vector<int64_t> samples) {
  if (samples.empty()) return std::nullopt;
  std::ranges::sort(samples);
  return Spread{quantile(samples, 0.25), quantile(samples, 0.5), quantile(samples, 0.75)};
}

const BenchRow* BenchTable::row(const std::string& scheme) const {
  const auto found = std::ranges::find(rows, scheme, &BenchRow::scheme);
  return found == rows.end() ? nullptr : &*found;
}

std::optional<double> BenchTable::speedup(const BenchRow& row,
                                          const BenchReference& reference) const {
  const auto own = row.spread();
  std::optional<double> fastest;
  for (const std::string& scheme : reference.schemes) {
    const BenchRow* const other = this->row(scheme);
    const auto spread = other == nullptr ? std::nullopt : other->spread();
    if (spread && (!fastest || spread->median < *fastest)) fastest = spread->median;
  }
  if (!own || own->median <= 0 || !fastest) return std::nullopt;
  return *fastest / own->median;
}

}  // namespace xkv
