// SPDX-License-Identifier: Apache-2.0
/// The xKV cache: factors A and B_l of each group, dense rows elsewhere, generated tokens dense.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/cache/generated_rows.h"
#include "engine/cache/group_svd.h"
#include "engine/cache/kv_cache.h"
#include "engine/model/rotary_table.h"
#include "profiling/layer_groups.h"

namespace xkv {

/// One stream of a sealed group, seen while original rows and factors both exist.
struct SealedGroup {
  Stream stream = Stream::key;
  int64_t group = 0;
  PlannedGroup planned;
  const LayerRows& rows;  // originals, keys before RoPE
  const GroupFactors& factors;
};

struct LowRankCacheOptions {
  std::vector<PlannedGroup> groups;  ///< empty = a dense cache
  FactorBackend backend = FactorBackend::gram_subspace;
  at::ScalarType factor_dtype = at::kFloat;
  int64_t num_layers = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  /// Hears of each sealed stream; a returned failure ends the prefill. May be empty.
  std::function<Status(const SealedGroup&)> on_sealed;
};

/// A group is factored, and its dense rows freed, as soon as its last layer has its prompt rows. Keys are
/// rebuilt block by block and rotated at each use; values are absorbed: softmax(p) (A B_l) = (softmax(p) A) B_l.
class LowRankCache final : public KvCache {
 public:
  LowRankCache(LowRankCacheOptions options, const RotaryTable& rotary);

  Status append(int64_t layer, KeyValueRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query) const override;
  bool rebuilds(int64_t layer) const override;
  void forgetGenerated() override;
  int64_t generatedTokens() const override { return layers_.back().generated.size(); }
  std::vector<MemoryPart> parts() const override;

  /// A B_l of one stream, (seq_len, kv_dim) fp32, keys before RoPE; undefined where the stream is dense.
  at::Tensor rebuilt(int64_t layer, Stream stream) const;
  /// The plan with the ranks that were really kept.
  std::vector<PlannedGroup> factoredPlan() const;
  /// Largest bytes that factoring one stream of one group needed beside rows and factors.
  int64_t peakWorkspaceBytes() const { return peak_workspace_; }
  /// Largest bytes of dense rows held at once while groups were open.
  int64_t peakOpenRowBytes() const { return peak_open_rows_; }

 private:
  struct LayerCache {
    int64_t group = -1;           // index into options_.groups
    at::Tensor keys;              // (seq_len, num_kv_heads, head_dim), rotated; undefined once low-rank
    at::Tensor values;            // (seq_len, num_kv_heads, head_dim)
    at::Tensor key_factor;        // (rank, kv_dim), a view of its group's B
    at::Tensor value_factor;      // (rank, kv_dim)
    GeneratedRows generated;
  };
  struct GroupCache {
    LayerRows open_keys;  // before RoPE, until sealed
    LayerRows open_values;
    GroupFactors keys;
    GroupFactors values;
  };

  Status appendPrompt(int64_t layer, KeyValueRows rows, PhaseSink& phases, std::stop_token stop);
  void appendGenerated(int64_t layer, const KeyValueRows& rows);
  Status seal(int64_t group, PhaseSink& phases, std::stop_token stop);
  Result<GroupFactors> factored(int64_t group, Stream stream, const LayerRows& rows, int64_t rank,
                                PhaseSink& phases, std::stop_token stop);
  std::vector<at::Tensor> keyScores(const LayerCache& layer, const at::Tensor& query) const;
  at::Tensor promptValues(const LayerCache& layer, const at::Tensor& weights) const;
  at::Tensor headView(const at::Tensor& rows) const;
  void noteOpenRows();

  LowRankCacheOptions options_;
  const RotaryTable& rotary_;
  std::vector<LayerCache> layers_;
  std::vector<GroupCache> groups_;
  int64_t seq_len_ = 0;
  int64_t peak_workspace_ = 0;
  int64_t peak_open_rows_ = 0;
};

}  // namespace xkv
