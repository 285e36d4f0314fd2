// SPDX-License-Identifier: Apache-2.0
/// What the X-ray of Selective Reconstruction says of a whole run.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "profiling/records/capture_record.h"

namespace xkv {

struct SelectionSummary {
  int64_t num_layers = 0;
  int64_t num_steps = 0;
  std::optional<double> hit_rate;      ///< mean over layers and steps but the first; none where there is one step
  std::optional<double> recall;        ///< mean over layers, steps and heads; none where it was not measured
  std::optional<double> least_recall;  ///< of a layer
};

/// None where nothing was chosen.
std::optional<SelectionSummary> summaryOf(const std::vector<SelectionRecord>& selections);

/// Mean recall if `budget` tokens were chosen, with the outliers of the run; none where it was not measured.
/// (METHOD.md 6: recall against budget from one capture.)
std::optional<double> recallAtBudget(const std::vector<SelectionRecord>& selections, int64_t budget);

}  // namespace xkv
