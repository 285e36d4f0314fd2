// SPDX-License-Identifier: Apache-2.0
/// The xKV cache: factors A and B_l of each group, dense rows elsewhere, new tokens dense.
#include "engine/cache/low_rank_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_attention.h"
#include "engine/cache/tensor_memory.h"
#include "profiling/records/stream_names.h"

namespace xkv {
namespace {

constexpr int64_t kRebuildRows = 2048;  // rows of keys rebuilt at a time

/// (p A) B_l: weights (heads, m, seq_len), A (seq_len, rank), B_l (rank, width) → (heads, m, head_dim).
at::Tensor absorbed(const StreamForm& form, const at::Tensor& weights, const at::Tensor& basis,
                    const at::Tensor& factor) {
  const int64_t heads = weights.size(0);
  const int64_t rows = weights.size(1);
  const at::Tensor mixed = at::mm(
      weights.reshape({heads * rows, weights.size(2)}).to(basis.scalar_type()), basis);
  const at::Tensor per_head = factor.view({basis.size(1), form.num_heads, form.head_dim});
  return at::bmm(mixed.view({heads, rows, basis.size(1)}), per_head.transpose(0, 1));
}

}  // namespace

LowRankCache::LowRankCache(LowRankCacheOptions options, const RotaryTable& rotary)
    : options_(std::move(options)),
      rotary_(rotary),
      layers_(static_cast<size_t>(options_.form.numLayers())),
      groups_(options_.groups.size()) {
  for (size_t g = 0; g < options_.groups.size(); ++g) {
    const PlannedGroup& group = options_.groups[g];
    for (int64_t i = 0; i < group.num_layers; ++i) {
      layers_[static_cast<size_t>(group.first_layer + i)].group = static_cast<int64_t>(g);
    }
  }
}

Status LowRankCache::append(int64_t layer, CacheRows rows, PhaseSink& phases,
                            std::stop_token stop) {
  if (!layers_[static_cast<size_t>(layer)].has_prompt) {
    return appendPrompt(layer, std::move(rows), phases, stop);
  }
  appendGenerated(layer, rows);
  return {};
}

void LowRankCache::appendGenerated(int64_t layer, const CacheRows& rows) {
  GeneratedRows& generated = layers_[static_cast<size_t>(layer)].generated;
  generated.push(readable(options_.form, layer, rows, seq_len_ + generated.size(), rotary_));
}

Status LowRankCache::appendPrompt(int64_t layer, CacheRows rows, PhaseSink& phases,
                                  std::stop_token stop) {
  LayerCache& cache = layers_[static_cast<size_t>(layer)];
  cache.has_prompt = true;
  seq_len_ = rows.count();
  const PlannedGroup* planned =
      cache.group < 0 ? nullptr : &options_.groups[static_cast<size_t>(cache.group)];
  for (const StreamForm& form : options_.form.streams) {
    const size_t place = placeOf(form.stream);
    if (planned == nullptr || planned->rank(form.stream) == 0) {
      cache.dense[place] = readable(form, layer, rows.streams[place], 0, rotary_);
    } else {
      groups_[static_cast<size_t>(cache.group)].open[place].push_back(
          std::move(rows.streams[place]));
    }
  }
  if (planned == nullptr) return {};
  rows = {};
  noteOpenRows();
  const bool complete = layer == planned->first_layer + planned->num_layers - 1;
  return complete ? seal(cache.group, phases, stop) : Status{};
}

void LowRankCache::noteOpenRows() {
  int64_t open = 0;
  for (const GroupCache& group : groups_) {
    for (const LayerRows& stream : group.open) {
      for (const at::Tensor& rows : stream) open += storageBytes(rows);
    }
  }
  peak_open_rows_ = std::max(peak_open_rows_, open);
}

Result<GroupFactors> LowRankCache::factored(int64_t group, Stream stream, const LayerRows& rows,
                                            PhaseSink& phases, std::stop_token stop) {
  const PlannedGroup& planned = options_.groups[static_cast<size_t>(group)];
  const FactorRequest request{.rank = planned.rank(stream),
                              .backend = options_.backend,
                              .dtype = options_.factor_dtype,
                              .group = static_cast<int32_t>(group),
                              .stream_name = pluralName(stream)};
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  auto factors = factorGroup(rows, request, phases, stop);
  if (!factors) return factors;
  const int64_t kept = storageBytes(factors->token_basis) + storageBytes(factors->layer_factors);
  peak_workspace_ = std::max(peak_workspace_, TensorMemory::peakBytes() - before - kept);
  if (options_.on_sealed) {
    const Status heard = options_.on_sealed({stream, group, planned, rows, *factors});
    if (!heard) return Failure(heard.error());
  }
  return factors;
}

Status LowRankCache::seal(int64_t index, PhaseSink& phases, std::stop_token stop) {
  GroupCache& group = groups_[static_cast<size_t>(index)];
  const PlannedGroup& planned = options_.groups[static_cast<size_t>(index)];
  for (const StreamForm& form : options_.form.streams) {
    if (planned.rank(form.stream) == 0) continue;
    const size_t place = placeOf(form.stream);
    auto factors = factored(index, form.stream, group.open[place], phases, stop);
    if (!factors) return Failure(factors.error());
    group.factors[place] = std::move(*factors);
    group.open[place].clear();
    for (int64_t i = 0; i < planned.num_layers; ++i) {
      layers_[static_cast<size_t>(planned.first_layer + i)].factors[place] =
          group.factors[place].layer_factors.slice(1, i * form.width(), (i + 1) * form.width());
    }
  }
  TensorMemory::trim();  // what sealing freed leaves the process, not only the heap's books
  return {};
}

const GroupFactors& LowRankCache::factorsOf(const LayerCache& layer, Stream stream) const {
  return groups_[static_cast<size_t>(layer.group)].factors[placeOf(stream)];
}

LowRankCache::PromptScores LowRankCache::promptScores(int64_t index,
                                                      const at::Tensor& query) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  const auto is_rebuilt = [&](const StreamForm& form) {
    return form.scored() && layer.factors[placeOf(form.stream)].defined();
  };
  const bool rebuilds = std::ranges::any_of(options_.form.streams, is_rebuilt);
  const int64_t block = rebuilds ? kRebuildRows : seq_len_;
  PromptScores scores;
  for (int64_t begin = 0; begin < seq_len_; begin += block) {
    const int64_t end = std::min(begin + block, seq_len_);
    StreamPair rows;
    for (const StreamForm& form : options_.form.streams) {
      if (!form.scored()) continue;
      const size_t place = placeOf(form.stream);
      if (!is_rebuilt(form)) {
        rows[place] = layer.dense[place].slice(0, begin, end);
        continue;
      }
      const at::Tensor product =
          at::mm(factorsOf(layer, form.stream).token_basis.slice(0, begin, end),
                 layer.factors[place]);
      rows[place] =
          readable(form, index, product.to(query.scalar_type()), begin, rotary_);
      if (form.mixes && !form.norms.empty()) scores.row_scales.push_back(rowScales(form, product));
    }
    scores.blocks.push_back(rowScores(options_.form, query, rows));
  }
  return scores;
}

at::Tensor LowRankCache::promptMix(int64_t index, at::Tensor weights,
                                   const PromptScores& scores) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  const StreamForm& form = options_.form.mixed();
  const size_t place = placeOf(form.stream);
  if (!layer.factors[place].defined()) return weightedValues(weights, layer.dense[place]);
  if (!scores.row_scales.empty()) weights = weights * at::cat(scores.row_scales);
  const at::Tensor mixed =
      absorbed(form, weights, factorsOf(layer, form.stream).token_basis, layer.factors[place]);
  return form.norms.empty() ? mixed : mixed * form.norms[static_cast<size_t>(index)];
}

at::Tensor LowRankCache::attend(int64_t index, const at::Tensor& query,
                                int64_t first_position) const {
  const GeneratedRows& generated = layers_[static_cast<size_t>(index)].generated;
  const bool has_generated = generated.size() > 0;
  const PromptScores prompt = promptScores(index, query);
  std::vector<at::Tensor> scores = prompt.blocks;
  if (has_generated) scores.push_back(rowScores(options_.form, query, generated.rows()));
  const QueryRows rows{query.size(0), first_position, options_.form.window(index),
                       options_.form.softmax_scale};
  auto weights = jointSoftmax(scores, rows, query.scalar_type());
  const at::Tensor of_generated = weights.back();
  if (has_generated) weights.pop_back();
  at::Tensor mixed =
      promptMix(index, joinedWeights(weights), prompt).to(query.scalar_type());
  if (has_generated) {
    const size_t place = placeOf(options_.form.mixed().stream);
    mixed = mixed + weightedValues(of_generated, generated.rows()[place]);
  }
  return queryOrder(mixed, query.size(0));
}

bool LowRankCache::rebuilds(int64_t layer) const {
  const StreamPair& factors = layers_[static_cast<size_t>(layer)].factors;
  return factors[0].defined() || factors[1].defined();
}

void LowRankCache::forgetGenerated() {
  for (LayerCache& layer : layers_) layer.generated.clear();
}

at::Tensor LowRankCache::rebuilt(int64_t layer, Stream stream) const {
  const LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const at::Tensor& factor = cache.factors[placeOf(stream)];
  if (!factor.defined()) return {};
  return at::mm(factorsOf(cache, stream).token_basis.to(at::kFloat), factor.to(at::kFloat));
}

std::vector<PlannedGroup> LowRankCache::factoredPlan() const {
  std::vector<PlannedGroup> plan = options_.groups;
  for (size_t g = 0; g < plan.size(); ++g) {
    plan[g].rank_k = groups_[g].factors[0].rank;
    plan[g].rank_v = groups_[g].factors[1].rank;
  }
  return plan;
}

std::vector<MemoryPart> LowRankCache::parts() const {
  CacheParts parts;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const GroupCache& group = groups_[g];
    const auto place = [](const StreamForm& form) { return placeOf(form.stream); };
    for (const StreamForm& form : options_.form.streams) {
      parts.addBasis(form.stream, group.factors[place(form)].token_basis);
    }
    for (const StreamForm& form : options_.form.streams) {
      parts.addFactors(form.stream, group.factors[place(form)].layer_factors,
                       options_.groups[g].num_layers);
    }
    for (const StreamForm& form : options_.form.streams) {
      for (const at::Tensor& rows : group.open[place(form)]) {
        parts.addDense(form.stream, headView(form, rows));
      }
    }
  }
  for (const LayerCache& layer : layers_) {
    for (const StreamForm& form : options_.form.streams) {
      parts.addDense(form.stream, layer.dense[placeOf(form.stream)]);
    }
    parts.addGenerated(layer.generated);
  }
  return parts.list();
}

}  // namespace xkv
