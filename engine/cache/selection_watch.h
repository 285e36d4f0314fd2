// SPDX-License-Identifier: Apache-2.0
/// The X-ray of Selective Reconstruction: notes what each step chose, and how much of the true attention that
/// holds (METHOD.md 6).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/cache/row_attention.h"
#include "profiling/records/capture_record.h"
#include "profiling/selective_plan.h"

namespace xkv {

/// One step of one layer.
struct SelectionStep {
  at::Tensor query;     // (n, num_heads, head_dim), rotated
  QueryRows rows;       // where they stand
  at::Tensor chosen;    // (selections, chosen_chunks) int32, ascending
  at::Tensor scores;    // (selections, candidates) fp32
  double hit_rate = 0;  // NaN at the first step
};

/// What a layer has beside the step's own rows.
struct SelectionPlaces {
  at::Tensor outliers;    // (selections, outlier_chunks) int32
  at::Tensor candidates;  // (selections, candidates) int32
};

/// Of one layer.
class SelectionWatch {
 public:
  /// keeps_chosen: the chunks themselves are noted, not only how many were there already.
  void note(const SelectionStep& step, bool keeps_chosen);
  /// Recall of the step that was noted last. original_keys (seq_len, num_kv_heads, head_dim), rotated;
  /// new_keys (tokens, num_kv_heads, head_dim), the step's own included.
  void noteRecall(const SelectionStep& step, const SelectionPlaces& places, const SelectivePlan& plan,
                  const at::Tensor& original_keys, const at::Tensor& new_keys);
  void clear() { *this = {}; }
  int64_t numSteps() const { return static_cast<int64_t>(hit_rate_.size()); }
  /// layer, sizes and what was noted.
  SelectionRecord record(int64_t layer, const SelectionPlaces& places, const SelectivePlan& plan) const;

 private:
  std::vector<int64_t> chosen_;  // (steps, selections, chosen_chunks)
  std::vector<float> hit_rate_;
  std::vector<float> recall_;                // (steps, num_heads)
  std::vector<double> recall_of_chunks_;     // (candidates + 1), sums over steps
  int64_t num_heads_ = 0;
};

}  // namespace xkv
