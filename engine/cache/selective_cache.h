// SPDX-License-Identifier: Apache-2.0
/// Selective Reconstruction: factors of each group, and attention to the chunks that matter now (METHOD.md 6).
#pragma once

#include <optional>
#include <vector>

#include "engine/cache/low_rank_cache.h"
#include "engine/cache/selection_index.h"
#include "engine/cache/selection_watch.h"
#include "engine/ops/cache_ops.h"

namespace xkv {

struct SelectiveCacheOptions {
  SelectiveConfig config;
  bool keeps_chosen = true;  ///< the X-ray holds the chunks of every step
};

/// Local, outlier and new tokens are exact. Of the others each step scores landmarks and attends to the best chunks:
/// their keys are rebuilt from the factors and kept for the next step, which rebuilds only what it has not; their
/// values are read through the factors (absorbed), or from dense rows where the method keeps values dense. Layers
/// outside the groups are attended densely.
class SelectiveCache final : public KvCache {
 public:
  /// The table must outlive the cache.
  SelectiveCache(SelectiveCacheOptions options, LowRankCacheOptions factors, const RotaryTable& rotary);

  Status append(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query, int64_t first_position) const override;
  bool rebuilds(int64_t layer) const override {
    return layers_[indexOf(layer)].has_value() || factors_.rebuilds(layer);
  }
  void forgetGenerated() override;
  int64_t generatedTokens() const override;
  std::vector<MemoryPart> parts() const override;
  at::Tensor rebuilt(int64_t layer, Stream stream) const override {
    return factors_.rebuilt(layer, stream);
  }
  std::vector<PlannedGroup> factoredPlan() const override { return factors_.factoredPlan(); }
  PrefillPeak prefillPeak() const override { return factors_.prefillPeak(); }
  bool takesTurnsWhole() const override { return true; }
  void measureRecall(OriginalKeys original_keys) override {
    original_keys_ = std::move(original_keys);
  }
  std::vector<SelectionRecord> takeSelections() override;
  /// The keys of so many chunks of each selection count as not rebuilt: a benchmark sets its hit rate so.
  void forgetSelected(int64_t chunks);

 private:
  /// Of a layer whose keys are of low rank.
  struct SelectedLayer {
    SelectivePlan plan;
    SelectionIndex index;
    at::Tensor values;         // (seq_len, num_kv_heads, head_dim) where they are dense
    at::Tensor keys;           // (num_kv_heads, chosen_chunks * chunk, head_dim): rebuilt, a memo of the factors
    at::Tensor slots;          // (selections, chosen_chunks) int32: the chunk whose keys stand there; -1 = none
    GeneratedRows generated;
    SelectionWatch watch;
    bool has_chosen = false;   // since the prompt
  };

  static size_t indexOf(int64_t layer) { return static_cast<size_t>(layer); }
  static SelectionPlaces placesOf(const SelectedLayer& own) {
    return {own.index.outliers, own.index.candidates};
  }
  Status appendPrompt(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop);
  /// (selections, candidates) fp32
  at::Tensor scoresOf(const SelectedLayer& own, const QueryHeads& query) const;
  /// Makes the chosen chunks' keys present; returns the share of them that was there.
  double bring(int64_t layer, SelectedLayer& own, const at::Tensor& chosen) const;
  void rebuildKeys(int64_t layer, SelectedLayer& own, const std::vector<ChunkMove>& moves) const;
  void choose(int64_t layer, SelectedLayer& own, const QueryHeads& query, const SelectionStep& step) const;
  at::Tensor attendChosen(int64_t layer, const SelectedLayer& own, const QueryHeads& query) const;

  SelectiveCacheOptions options_;
  LowRankCache factors_;
  CacheForm form_;
  const RotaryTable& rotary_;
  const CacheOps& ops_;
  OriginalKeys original_keys_;
  int64_t seq_len_ = 0;
  std::vector<bool> is_selected_;  // per layer: keys are of low rank
  // What was rebuilt for the last step does not change what attending returns.
  mutable std::vector<std::optional<SelectedLayer>> layers_;
};

}  // namespace xkv
