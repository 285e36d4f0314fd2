// SPDX-License-Identifier: Apache-2.0
/// The xKV cache: factors A and B_l of each group, dense rows elsewhere, new tokens dense.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "engine/cache/cache_form.h"
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
  const LayerRows& rows;  // originals, before RoPE and before kv_a_layernorm
  const GroupFactors& factors;
};

struct LowRankCacheOptions {
  std::vector<PlannedGroup> groups;  ///< empty = a dense cache
  FactorBackend backend = FactorBackend::gram_subspace;
  at::ScalarType factor_dtype = at::kFloat;
  CacheForm form;
  /// Hears of each sealed stream; a returned failure ends the prefill. May be empty.
  std::function<Status(const SealedGroup&)> on_sealed;
};

/// A group is factored, and its dense rows freed, as soon as its last layer has its prompt rows. A scored stream
/// is rebuilt block by block, and rotated or normed, at each use; the mixed one is absorbed:
/// softmax(p) (A B_l) = (softmax(p) A) B_l. A norm is a scale per row there, taken into p, and its weights.
class LowRankCache final : public KvCache {
 public:
  LowRankCache(LowRankCacheOptions options, const RotaryTable& rotary);

  Status append(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query, int64_t first_position) const override;
  bool rebuilds(int64_t layer) const override;
  void forgetGenerated() override;
  int64_t generatedTokens() const override { return layers_.back().generated.size(); }
  std::vector<MemoryPart> parts() const override;

  /// A B_l of one stream, (seq_len, width) fp32, before RoPE and norm; undefined where the stream is dense.
  at::Tensor rebuilt(int64_t layer, Stream stream) const;
  /// The plan with the ranks that were really kept.
  std::vector<PlannedGroup> factoredPlan() const;
  /// Largest bytes that factoring one stream of one group needed beside rows and factors.
  int64_t peakWorkspaceBytes() const { return peak_workspace_; }
  /// Largest bytes of dense rows held at once while groups were open.
  int64_t peakOpenRowBytes() const { return peak_open_rows_; }

 private:
  struct LayerCache {
    int64_t group = -1;  // index into options_.groups
    StreamPair dense;    // (seq_len, heads, head_dim), as attention reads them; undefined once low-rank
    StreamPair factors;  // (rank, width), views of the group's B; undefined where dense
    GeneratedRows generated;
    bool has_prompt = false;
  };
  struct GroupCache {
    std::array<LayerRows, 2> open;  // originals, until sealed
    std::array<GroupFactors, 2> factors;
  };
  /// Scores of the prompt's blocks, and what the norm of a rebuilt mixed stream multiplies each row with.
  struct PromptScores {
    std::vector<at::Tensor> blocks;      // (num_kv_heads, n * group, rows of the block)
    std::vector<at::Tensor> row_scales;  // (rows of the block); empty where none apply
  };

  Status appendPrompt(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop);
  void appendGenerated(int64_t layer, const CacheRows& rows);
  Status seal(int64_t group, PhaseSink& phases, std::stop_token stop);
  Result<GroupFactors> factored(int64_t group, Stream stream, const LayerRows& rows,
                                PhaseSink& phases, std::stop_token stop);
  const GroupFactors& factorsOf(const LayerCache& layer, Stream stream) const;
  PromptScores promptScores(int64_t layer, const at::Tensor& query) const;
  at::Tensor promptMix(int64_t layer, at::Tensor weights, const PromptScores& scores) const;
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
