// SPDX-License-Identifier: Apache-2.0
/// The xKV cache: factors A and B_l of each group, dense rows elsewhere, new tokens dense or in segments.
#include "engine/cache/low_rank_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_attention.h"
#include "engine/cache/tensor_memory.h"
#include "profiling/records/stream_names.h"

namespace xkv {
namespace {

constexpr int64_t kRebuildRows = 2048;  // rows of a scored stream rebuilt at a time

/// (p A) B_l: weights (heads, m, tokens) → (heads, m, head_dim).
at::Tensor absorbed(const StreamForm& form, const at::Tensor& weights,
                    const FactoredStream& factors, int64_t place) {
  const int64_t heads = weights.size(0);
  const int64_t rows = weights.size(1);
  const int64_t rank = factors.rank();
  const at::Tensor mixed = factors.absorbed(weights.reshape({heads * rows, weights.size(2)}));
  const at::Tensor per_head = factors.factor(place).view({rank, form.num_heads, form.head_dim});
  return at::bmm(mixed.view({heads, rows, rank}), per_head.transpose(0, 1));
}

}  // namespace

LowRankCache::LowRankCache(LowRankCacheOptions options, const RotaryTable& rotary)
    : options_(std::move(options)),
      rotary_(rotary),
      layers_(static_cast<size_t>(options_.form.numLayers())),
      groups_(options_.groups.size()) {
  options_.factors.grows = options_.recompress_after > 0;
  for (size_t g = 0; g < options_.groups.size(); ++g) {
    const PlannedGroup& group = options_.groups[g];
    for (int64_t i = 0; i < group.num_layers; ++i) {
      LayerCache& layer = layers_[static_cast<size_t>(group.first_layer + i)];
      layer.group = static_cast<int64_t>(g);
      layer.place = i;
    }
  }
}

Status LowRankCache::append(int64_t layer, CacheRows rows, PhaseSink& phases,
                            std::stop_token stop) {
  if (!layers_[static_cast<size_t>(layer)].has_prompt) {
    return appendPrompt(layer, std::move(rows), phases, std::move(stop));
  }
  return appendGenerated(layer, rows, phases);
}

bool LowRankCache::grows(const LayerCache& layer) const {
  return options_.recompress_after > 0 && layer.group >= 0;
}

Status LowRankCache::appendGenerated(int64_t index, const CacheRows& rows, PhaseSink& phases) {
  LayerCache& layer = layers_[static_cast<size_t>(index)];
  if (!grows(layer)) {
    const int64_t position = seq_len_ + layer.generated.size();
    layer.generated.push(readable(options_.form, index, rows, position, rotary_));
    return {};
  }
  const auto& streams = options_.form.streams;
  layer.generated.push(
      {headView(streams[0], rows.streams[0]), headView(streams[1], rows.streams[1])});
  const PlannedGroup& planned = options_.groups[static_cast<size_t>(layer.group)];
  const bool complete = layer.place == planned.num_layers - 1;
  return complete ? recompress(layer.group, phases) : Status{};
}

Status LowRankCache::appendPrompt(int64_t index, CacheRows rows, PhaseSink& phases,
                                  std::stop_token stop) {
  LayerCache& layer = layers_[static_cast<size_t>(index)];
  layer.has_prompt = true;
  seq_len_ = rows.count();
  const PlannedGroup* planned =
      layer.group < 0 ? nullptr : &options_.groups[static_cast<size_t>(layer.group)];
  for (const StreamForm& form : options_.form.streams) {
    const size_t place = placeOf(form.stream);
    if (planned == nullptr || planned->rank(form.stream) == 0) {
      layer.dense[place] = readable(form, index, rows.streams[place], 0, rotary_);
    } else {
      groups_[static_cast<size_t>(layer.group)].open[place].push_back(
          std::move(rows.streams[place]));
    }
  }
  if (planned == nullptr) return {};
  rows = {};
  noteOpenRows();
  const bool complete = layer.place == planned->num_layers - 1;
  return complete ? seal(layer.group, phases, std::move(stop)) : Status{};
}

void LowRankCache::noteOpenRows() {
  int64_t open = 0;
  for (const GroupCache& group : groups_) {
    for (const LayerRows& stream : group.open) {
      for (const at::Tensor& rows : stream) open += storageBytes(rows);
    }
  }
  peak_.open_row_bytes = std::max(peak_.open_row_bytes, open);
}

Result<FactoredStream> LowRankCache::factored(int64_t group, Stream stream, const LayerRows& rows,
                                              PhaseSink& phases, std::stop_token stop) {
  const PlannedGroup& planned = options_.groups[static_cast<size_t>(group)];
  const FactorForm& form = options_.factors;
  const bool rounds_later =
      form.grows || form.token_basis_bits > 0 || form.layer_factor_bits > 0;
  const FactorRequest request{.rank = planned.rank(stream),
                              .most_error = options_.most_error,
                              .backend = options_.backend,
                              .dtype = rounds_later ? at::kFloat : form.dtype,
                              .group = static_cast<int32_t>(group),
                              .stream_name = pluralName(stream)};
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  auto kept = [&]() -> Result<FactoredStream> {
    const auto factors = factorGroup(rows, request, phases, stop);
    if (!factors) return Failure(factors.error());
    return FactoredStream::make(*factors, planned.num_layers, form);
  }();
  if (!kept) return kept;
  peak_.workspace_bytes =
      std::max(peak_.workspace_bytes, TensorMemory::peakBytes() - before - kept->basisBytes() -
                                          kept->factorBytes());
  if (!options_.on_sealed) return kept;
  const Status heard = options_.on_sealed({.stream = stream,
                                           .group = group,
                                           .planned = planned,
                                           .rows = rows,
                                           .rebuilt = [&](int64_t i) { return kept->exact(i); },
                                           .rank = kept->rank(),
                                           .dtype = form.dtype,
                                           .token_basis_bits = form.token_basis_bits,
                                           .layer_factor_bits = form.layer_factor_bits});
  return heard ? std::move(kept) : Result<FactoredStream>(Failure(heard.error()));
}

Status LowRankCache::seal(int64_t index, PhaseSink& phases, std::stop_token stop) {
  GroupCache& group = groups_[static_cast<size_t>(index)];
  for (const StreamForm& form : options_.form.streams) {
    const size_t place = placeOf(form.stream);
    if (options_.groups[static_cast<size_t>(index)].rank(form.stream) == 0) continue;
    auto factors = factored(index, form.stream, group.open[place], phases, stop);
    if (!factors) return Failure(factors.error());
    group.factors[place] = std::move(*factors);
    group.open[place].clear();
  }
  TensorMemory::trim();  // what sealing freed leaves the process, not only the heap's books
  return {};
}

Status LowRankCache::recompress(int64_t index, PhaseSink& phases) {
  const PlannedGroup& planned = options_.groups[static_cast<size_t>(index)];
  const int64_t count = options_.recompress_after;
  const int64_t enough = count + index % count;  // each group at a step of its own
  for (const StreamForm& form : options_.form.streams) {
    const size_t place = placeOf(form.stream);
    FactoredStream& factors = groups_[static_cast<size_t>(index)].factors[place];
    const auto layer_at = [&](int64_t i) -> LayerCache& {
      return layers_[static_cast<size_t>(planned.first_layer + i)];
    };
    while (factors.defined() && layer_at(0).generated.rows()[place].size(0) >= enough) {
      PhaseScope scope(phases, {.kind = PhaseKind::factor,
                                .group = static_cast<int32_t>(index),
                                .label = std::string(pluralName(form.stream)) + ", " +
                                         std::to_string(count) + " new tokens"});
      LayerRows rows;
      for (int64_t i = 0; i < planned.num_layers; ++i) {
        rows.push_back(layer_at(i).generated.rows()[place].slice(0, 0, count).flatten(1));
      }
      const int64_t first_token = factors.numTokens();
      const auto outcome = factors.append(rows, options_.recompress_residual);
      if (!outcome) return Failure(outcome.error());
      for (int64_t i = 0; i < planned.num_layers; ++i) layer_at(i).generated.dropFront(place, count);
      recompressions_.push_back({.stream = form.stream,
                                 .group = index,
                                 .first_token = first_token,
                                 .num_tokens = count,
                                 .residual = outcome->residual,
                                 .error = outcome->error,
                                 .rank_before = outcome->rank_before,
                                 .rank_after = outcome->rank_after,
                                 .resident_bytes = bytes()});
    }
  }
  return {};
}

std::vector<RecompressionRecord> LowRankCache::takeRecompressions() {
  return std::exchange(recompressions_, {});
}

const FactoredStream* LowRankCache::factorsOf(const LayerCache& layer, Stream stream) const {
  if (layer.group < 0) return nullptr;
  const FactoredStream& factors =
      groups_[static_cast<size_t>(layer.group)].factors[placeOf(stream)];
  return factors.defined() ? &factors : nullptr;
}

int64_t LowRankCache::tailBegin(const LayerCache& layer, Stream stream) const {
  const FactoredStream* factors = factorsOf(layer, stream);
  return factors == nullptr ? seq_len_ : factors->numTokens();
}

at::Tensor LowRankCache::tailRows(int64_t index, const StreamForm& form, int64_t begin,
                                  int64_t end) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  const int64_t first = tailBegin(layer, form.stream);
  const at::Tensor rows =
      layer.generated.rows()[placeOf(form.stream)].slice(0, begin - first, end - first);
  return grows(layer) ? readable(form, index, rows.flatten(1), begin, rotary_) : rows;
}

/// Ends of blocks of tokens, so that every stream's rows of a block come from one place.
std::vector<int64_t> LowRankCache::blockEnds(const LayerCache& layer) const {
  const int64_t total = seq_len_ + layer.generated.size();
  std::set<int64_t> ends{total};
  for (const StreamForm& form : options_.form.streams) {
    if (!form.scored()) continue;
    const int64_t tail = tailBegin(layer, form.stream);
    ends.insert(tail);
    if (factorsOf(layer, form.stream) == nullptr) continue;
    for (int64_t end = kRebuildRows; end < tail; end += kRebuildRows) ends.insert(end);
  }
  return {ends.begin(), ends.end()};
}

LowRankCache::Scores LowRankCache::scoresOf(int64_t index, const at::Tensor& query) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  StreamPair factor;  // dequantised once
  for (const StreamForm& form : options_.form.streams) {
    const FactoredStream* factors = form.scored() ? factorsOf(layer, form.stream) : nullptr;
    if (factors != nullptr) factor[placeOf(form.stream)] = factors->factor(layer.place);
  }
  Scores scores;
  int64_t begin = 0;
  for (const int64_t end : blockEnds(layer)) {
    StreamPair rows;
    for (const StreamForm& form : options_.form.streams) {
      if (!form.scored()) continue;
      const size_t place = placeOf(form.stream);
      if (begin >= tailBegin(layer, form.stream)) {
        rows[place] = tailRows(index, form, begin, end);
        continue;
      }
      if (!factor[place].defined()) {
        rows[place] = layer.dense[place].slice(0, begin, end);
        continue;
      }
      const at::Tensor product =
          factorsOf(layer, form.stream)->rows(factor[place], begin, end);
      rows[place] = readable(form, index, product.to(query.scalar_type()), begin, rotary_);
      if (form.mixes && !form.norms.empty()) scores.row_scales.push_back(rowScales(form, product));
    }
    scores.blocks.push_back(rowScores(options_.form, query, rows));
    begin = end;
  }
  return scores;
}

at::Tensor LowRankCache::mix(int64_t index, const at::Tensor& weights,
                             const Scores& scores) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  const StreamForm& form = options_.form.mixed();
  const int64_t tail = tailBegin(layer, form.stream);
  const int64_t total = weights.size(2);
  at::Tensor own = weights.slice(2, 0, tail);
  at::Tensor mixed;
  if (const FactoredStream* factors = factorsOf(layer, form.stream)) {
    if (!scores.row_scales.empty()) own = own * at::cat(scores.row_scales);
    mixed = absorbed(form, own, *factors, layer.place);
    if (!form.norms.empty()) mixed = mixed * form.norms[static_cast<size_t>(index)];
  } else {
    mixed = weightedValues(own, layer.dense[placeOf(form.stream)]);
  }
  mixed = mixed.to(weights.scalar_type());
  if (tail == total) return mixed;
  return mixed + weightedValues(weights.slice(2, tail), tailRows(index, form, tail, total));
}

std::optional<std::vector<StreamPiece>> LowRankCache::piecesOf(int64_t index,
                                                               const StreamForm& form) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  std::vector<StreamPiece> pieces;
  if (const FactoredStream* factors = factorsOf(layer, form.stream)) {
    const at::Tensor factor = factors->factor(layer.place);
    for (const at::Tensor& basis : factors->plainSegments()) pieces.push_back({basis, factor});
    if (pieces.empty()) return std::nullopt;
  } else {
    pieces.push_back({layer.dense[placeOf(form.stream)], {}});
  }
  const int64_t tail = tailBegin(layer, form.stream);
  const int64_t total = seq_len_ + layer.generated.size();
  if (tail < total) pieces.push_back({tailRows(index, form, tail, total), {}});
  return pieces;
}

std::optional<at::Tensor> LowRankCache::attendInOnePass(int64_t index, const at::Tensor& query,
                                                        int64_t position) const {
  if (!isOneRow(options_.form, query)) return std::nullopt;
  auto keys = piecesOf(index, options_.form.streams[0]);
  auto values = piecesOf(index, options_.form.streams[1]);
  if (!keys || !values) return std::nullopt;
  return attendOneRow(options_.form, {query, position, options_.form.window(index)},
                      {std::move(*keys), std::move(*values)}, rotary_);
}

at::Tensor LowRankCache::attend(int64_t index, const at::Tensor& query,
                                int64_t first_position) const {
  if (auto mixed = attendInOnePass(index, query, first_position)) return *mixed;
  const Scores scores = scoresOf(index, query);
  const QueryRows rows{query.size(0), first_position, options_.form.window(index),
                       options_.form.softmax_scale};
  const at::Tensor weights =
      joinedWeights(jointSoftmax(scores.blocks, rows, query.scalar_type()));
  return queryOrder(mix(index, weights, scores), query.size(0));
}

bool LowRankCache::rebuilds(int64_t layer) const {
  const auto is_factored = [&](const StreamForm& form) {
    return factorsOf(layers_[static_cast<size_t>(layer)], form.stream) != nullptr;
  };
  return std::ranges::any_of(options_.form.streams, is_factored);
}

void LowRankCache::forgetGenerated() {
  for (LayerCache& layer : layers_) layer.generated.clear();
  for (GroupCache& group : groups_) {
    for (FactoredStream& factors : group.factors) factors.forgetSegments();
  }
  recompressions_.clear();
}

at::Tensor LowRankCache::rebuilt(int64_t layer, Stream stream) const {
  const LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const FactoredStream* factors = factorsOf(cache, stream);
  return factors == nullptr ? at::Tensor() : factors->exact(cache.place).slice(0, 0, seq_len_);
}

std::vector<PlannedGroup> LowRankCache::factoredPlan() const {
  std::vector<PlannedGroup> plan = options_.groups;
  for (size_t g = 0; g < plan.size(); ++g) {
    const auto& [first, second] = groups_[g].factors;
    if (first.defined()) plan[g].rank_k = first.promptRank();
    if (second.defined()) plan[g].rank_v = second.promptRank();
  }
  return plan;
}

std::vector<MemoryPart> LowRankCache::parts() const {
  CacheParts parts;
  for (const GroupCache& group : groups_) {
    for (const StreamForm& form : options_.form.streams) {
      const size_t place = placeOf(form.stream);
      if (group.factors[place].defined()) parts.addFactored(form.stream, group.factors[place]);
      for (const at::Tensor& rows : group.open[place]) {
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
