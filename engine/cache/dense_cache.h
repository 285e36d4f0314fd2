// SPDX-License-Identifier: Apache-2.0
/// The uncompressed cache: rotated keys and values of every token, the baseline of every comparison.
#pragma once

#include <vector>

#include "engine/cache/generated_rows.h"
#include "engine/cache/kv_cache.h"
#include "engine/model/rotary_table.h"

namespace xkv {

struct HeadShape {
  int64_t num_layers = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
};

class DenseCache final : public KvCache {
 public:
  /// The table must outlive the cache.
  DenseCache(HeadShape shape, const RotaryTable& rotary);

  Status append(int64_t layer, KeyValueRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query) const override;
  bool rebuilds(int64_t) const override { return false; }
  void forgetGenerated() override;
  int64_t generatedTokens() const override { return layers_.back().generated.size(); }
  std::vector<MemoryPart> parts() const override;

 private:
  struct LayerCache {
    at::Tensor keys;    // (seq_len, num_kv_heads, head_dim), rotated
    at::Tensor values;  // (seq_len, num_kv_heads, head_dim)
    GeneratedRows generated;
  };
  HeadShape shape_;
  const RotaryTable& rotary_;
  std::vector<LayerCache> layers_;
};

}  // namespace xkv
