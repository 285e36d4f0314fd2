// SPDX-License-Identifier: Apache-2.0
/// The xKV cache: factors A and B_l of each group, dense rows elsewhere, new tokens dense or in segments.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "engine/cache/cache_form.h"
#include "engine/cache/factored_stream.h"
#include "engine/cache/generated_rows.h"
#include "engine/cache/kv_cache.h"
#include "engine/cache/one_row_attention.h"
#include "engine/cache/sealed_group.h"
#include "engine/model/rotary_table.h"

namespace xkv {

struct LowRankCacheOptions {
  std::vector<PlannedGroup> groups;
  FactorBackend backend = FactorBackend::gram_subspace;
  FactorForm factors;
  double most_error = 0;  ///< above 0: ranks are the smallest that reach it, at most the plan's
  CacheForm form;
  int64_t recompress_after = 0;  ///< new tokens per segment; 0 = new tokens stay dense
  double recompress_residual = 0.1;
  SealedSink on_sealed;  ///< may be empty
};

/// A group is factored, and its dense rows freed, as soon as its last layer has its prompt rows. A scored stream
/// is rebuilt block by block, and rotated or normed, at each use; the mixed one is absorbed:
/// softmax(p) (A B_l) = (softmax(p) A) B_l. A norm is a scale per row there, taken into p, and its weights.
/// New rows of a group that grows are kept as they come, before RoPE, and made a segment of its factors when
/// there are enough; groups do so at different steps, so that no step bears the work of all.
class LowRankCache final : public KvCache {
 public:
  /// The table must outlive the cache.
  LowRankCache(LowRankCacheOptions options, const RotaryTable& rotary);

  Status append(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop) override;
  at::Tensor attend(int64_t layer, const at::Tensor& query, int64_t first_position) const override;
  bool rebuilds(int64_t layer) const override;
  void forgetGenerated() override;
  int64_t generatedTokens() const override { return layers_.back().generated.size(); }
  std::vector<MemoryPart> parts() const override;
  at::Tensor rebuilt(int64_t layer, Stream stream) const override;  // A B_l
  std::vector<PlannedGroup> factoredPlan() const override;
  PrefillPeak prefillPeak() const override { return peak_; }
  std::vector<RecompressionRecord> takeRecompressions() override;

  /// The factors of a layer's stream; nullptr where it is dense.
  const FactoredStream* factorsAt(int64_t layer, Stream stream) const {
    return factorsOf(layers_[static_cast<size_t>(layer)], stream);
  }
  /// Of a layer within its group.
  int64_t placeInGroup(int64_t layer) const { return layers_[static_cast<size_t>(layer)].place; }
  /// Dense prompt rows (seq_len, heads, head_dim) of a stream, given away; undefined where there are none.
  at::Tensor releaseDense(int64_t layer, Stream stream) {
    return std::exchange(layers_[static_cast<size_t>(layer)].dense[placeOf(stream)], {});
  }

 private:
  struct LayerCache {
    int64_t group = -1;  // index into options_.groups
    int64_t place = 0;   // within its group
    StreamPair dense;    // (seq_len, heads, head_dim), as attention reads them; undefined once low-rank
    GeneratedRows generated;  // as attention reads them, or as they came where the group grows
    bool has_prompt = false;
  };
  struct GroupCache {
    std::array<LayerRows, 2> open;  // originals, until sealed
    std::array<FactoredStream, 2> factors;
  };
  /// Scores of all tokens in blocks, and what the norm of a rebuilt mixed stream multiplies each row with.
  struct Scores {
    std::vector<at::Tensor> blocks;      // (num_kv_heads, n * group, rows of the block)
    std::vector<at::Tensor> row_scales;  // (rows of the block); empty where none apply
  };

  Status appendPrompt(int64_t layer, CacheRows rows, PhaseSink& phases, std::stop_token stop);
  Status appendGenerated(int64_t layer, const CacheRows& rows, PhaseSink& phases);
  Status seal(int64_t group, PhaseSink& phases, std::stop_token stop);
  Result<FactoredStream> factored(int64_t group, Stream stream, const LayerRows& rows,
                                  PhaseSink& phases, std::stop_token stop);
  Status recompress(int64_t group, PhaseSink& phases);
  /// The layer's factors; nullptr where the stream is dense.
  const FactoredStream* factorsOf(const LayerCache& layer, Stream stream) const;
  bool grows(const LayerCache& layer) const;
  /// Where the layer's own rows end and its generated ones begin.
  int64_t tailBegin(const LayerCache& layer, Stream stream) const;
  at::Tensor tailRows(int64_t layer, const StreamForm& form, int64_t begin, int64_t end) const;
  std::vector<int64_t> blockEnds(const LayerCache& layer) const;
  /// A stream's tokens where they lie; none where they are quantised.
  std::optional<std::vector<StreamPiece>> piecesOf(int64_t layer, const StreamForm& form) const;
  /// None where the row is not alone, or something is not where one pass can read it.
  std::optional<at::Tensor> attendInOnePass(int64_t layer, const at::Tensor& query,
                                            int64_t position) const;
  Scores scoresOf(int64_t layer, const at::Tensor& query) const;
  at::Tensor mix(int64_t layer, const at::Tensor& weights, const Scores& scores) const;
  void noteOpenRows();

  LowRankCacheOptions options_;
  const RotaryTable& rotary_;
  std::vector<LayerCache> layers_;
  std::vector<GroupCache> groups_;
  std::vector<RecompressionRecord> recompressions_;
  int64_t seq_len_ = 0;
  PrefillPeak peak_;
};

}  // namespace xkv
