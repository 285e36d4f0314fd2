// SPDX-License-Identifier: Apache-2.0
/// The uncompressed cache: both streams of every token as attention reads them, the baseline of every
/// comparison.
#pragma once

#include <vector>

#include "engine/cache/cache_form.h"
#include "engine/cache/generated_rows.h"
#include "engine/cache/kv_cache.h"

namespace xkv {

class DenseCache final : public KvCache {
 public:
  /// The table must outlive the cache.
  DenseCache(CacheForm form, const RotaryTable& rotary);

  Status append(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query, int64_t first_position) const override;
  bool rebuilds(int64_t) const override { return false; }
  void forgetGenerated() override;
  int64_t generatedTokens() const override { return layers_.back().generated.size(); }
  std::vector<MemoryPart> parts() const override;
  /// The prompt's rows as attention reads them, (seq_len, heads, head_dim).
  const at::Tensor& promptRows(int64_t layer, Stream stream) const {
    return layers_[static_cast<size_t>(layer)].prompt[placeOf(stream)];
  }

 private:
  struct LayerCache {
    StreamPair prompt;  // (seq_len, heads, head_dim), keys rotated, latents normed
    GeneratedRows generated;
  };
  CacheForm form_;
  const RotaryTable& rotary_;
  std::vector<LayerCache> layers_;
};

}  // namespace xkv
