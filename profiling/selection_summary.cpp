// SPDX-License-Identifier: Apache-2.0
/// What the X-ray of Selective Reconstruction says of a whole run.
#include "profiling/selection_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xkv {
namespace {

/// Mean of the numbers that are not NaN; none where there are none.
std::optional<double> mean(const std::vector<double>& values) {
  double sum = 0;
  int64_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

}  // namespace

std::optional<SelectionSummary> summaryOf(const std::vector<SelectionRecord>& selections) {
  if (selections.empty()) return std::nullopt;
  SelectionSummary summary;
  summary.num_layers = static_cast<int64_t>(selections.size());
  std::vector<double> hit_rates;
  std::vector<double> recalls;  // of layers
  for (const SelectionRecord& layer : selections) {
    summary.num_steps = std::max(summary.num_steps, layer.num_steps);
    hit_rates.insert(hit_rates.end(), layer.hit_rate.begin(), layer.hit_rate.end());
    const auto recall = mean({layer.recall.begin(), layer.recall.end()});
    if (recall) recalls.push_back(*recall);
  }
  summary.hit_rate = mean(hit_rates);
  summary.recall = mean(recalls);
  if (!recalls.empty()) summary.least_recall = *std::ranges::min_element(recalls);
  return summary;
}

std::optional<double> recallAtBudget(const std::vector<SelectionRecord>& selections, int64_t budget) {
  std::vector<double> recalls;
  for (const SelectionRecord& layer : selections) {
    if (layer.recall_of_chunks.empty() || layer.chunk < 1) continue;
    const auto last = static_cast<int64_t>(layer.recall_of_chunks.size()) - 1;
    const int64_t chunks = std::clamp<int64_t>(budget / layer.chunk, 0, last);
    recalls.push_back(layer.recall_of_chunks[static_cast<size_t>(chunks)]);
  }
  return mean(recalls);
}

}  // namespace xkv
