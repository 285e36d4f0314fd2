// SPDX-License-Identifier: Apache-2.0
/// The MiniCache baseline: pairs of adjacent layers share directions, divergent rows keep their originals.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "engine/cache/cache_form.h"
#include "engine/cache/generated_rows.h"
#include "engine/cache/kv_cache.h"
#include "engine/cache/sealed_group.h"
#include "engine/cache/slerp_merge.h"
#include "engine/model/rotary_table.h"

namespace xkv {

struct SlerpCacheOptions {
  std::vector<PlannedGroup> pairs;
  SlerpKeep keep = SlerpKeep::divergent;
  at::ScalarType direction_dtype = at::kFloat;
  CacheForm form;
  SealedSink on_sealed;  ///< may be empty
};

/// A pair is merged, and its dense rows freed, when its second layer has its prompt rows. Rows are rebuilt
/// block by block at each use, keys rotated then.
class SlerpCache final : public KvCache {
 public:
  /// The table must outlive the cache.
  SlerpCache(SlerpCacheOptions options, const RotaryTable& rotary);

  Status append(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query, int64_t first_position) const override;
  bool rebuilds(int64_t layer) const override { return layers_[indexOf(layer)].pair >= 0; }
  void forgetGenerated() override;
  int64_t generatedTokens() const override { return layers_.back().generated.size(); }
  std::vector<MemoryPart> parts() const override;
  at::Tensor rebuilt(int64_t layer, Stream stream) const override;
  std::vector<PlannedGroup> factoredPlan() const override { return options_.pairs; }
  PrefillPeak prefillPeak() const override { return peak_; }

 private:
  struct LayerCache {
    int64_t pair = -1;  // index into pairs_
    int64_t side = 0;   // 0 = the first layer of its pair
    StreamPair dense;   // (seq_len, heads, head_dim), as attention reads them; undefined once merged
    GeneratedRows generated;
    bool has_prompt = false;
  };
  struct PairCache {
    std::array<LayerRows, 2> open;  // originals, until the second layer comes
    std::array<std::optional<MergedPair>, 2> merged;
  };

  static size_t indexOf(int64_t layer) { return static_cast<size_t>(layer); }
  Status appendPrompt(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop);
  Status merge(int64_t pair, const StreamForm& form, PhaseSink& phases, std::stop_token stop);
  /// nullptr where the stream is dense.
  const MergedPair* mergedOf(const LayerCache& layer, Stream stream) const;
  /// Prompt rows [begin, end) as attention reads them.
  at::Tensor promptRows(int64_t layer, const StreamForm& form, int64_t begin, int64_t end) const;
  void noteOpenRows();

  SlerpCacheOptions options_;
  const RotaryTable& rotary_;
  std::vector<LayerCache> layers_;
  std::vector<PairCache> pairs_;
  int64_t seq_len_ = 0;
  PrefillPeak peak_;
};

}  // namespace xkv
