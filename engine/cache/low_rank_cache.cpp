// SPDX-License-Identifier: Apache-2.0
/// The xKV cache: factors A and B_l of each group, dense rows elsewhere, generated tokens dense.
#include "engine/cache/low_rank_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_attention.h"
#include "engine/cache/tensor_memory.h"

namespace xkv {
namespace {

constexpr int64_t kRebuildRows = 2048;  // rows of keys rebuilt at a time

}  // namespace

LowRankCache::LowRankCache(LowRankCacheOptions options, const RotaryTable& rotary)
    : options_(std::move(options)),
      rotary_(rotary),
      layers_(static_cast<size_t>(options_.num_layers)),
      groups_(options_.groups.size()) {
  for (size_t g = 0; g < options_.groups.size(); ++g) {
    const PlannedGroup& group = options_.groups[g];
    for (int64_t i = 0; i < group.num_layers; ++i) {
      layers_[static_cast<size_t>(group.first_layer + i)].group = static_cast<int64_t>(g);
    }
  }
}

at::Tensor LowRankCache::headView(const at::Tensor& rows) const {
  return rows.view({-1, options_.num_kv_heads, options_.head_dim});
}

Status LowRankCache::append(int64_t layer, KeyValueRows rows, PhaseSink& phases,
                            std::stop_token stop) {
  const LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const bool has_prompt = seq_len_ > 0 && (cache.keys.defined() || cache.key_factor.defined());
  if (!has_prompt) return appendPrompt(layer, std::move(rows), phases, stop);
  appendGenerated(layer, rows);
  return {};
}

void LowRankCache::appendGenerated(int64_t layer, const KeyValueRows& rows) {
  GeneratedRows& generated = layers_[static_cast<size_t>(layer)].generated;
  const int64_t position = seq_len_ + generated.size();
  generated.push(rotary_.rotate(headView(rows.keys), position), headView(rows.values));
}

Status LowRankCache::appendPrompt(int64_t layer, KeyValueRows rows, PhaseSink& phases,
                                  std::stop_token stop) {
  LayerCache& cache = layers_[static_cast<size_t>(layer)];
  seq_len_ = rows.keys.size(0);
  const PlannedGroup* planned =
      cache.group < 0 ? nullptr : &options_.groups[static_cast<size_t>(cache.group)];
  if (planned == nullptr || planned->rank_k == 0) {
    cache.keys = rotary_.rotate(headView(rows.keys), 0);
  }
  if (planned == nullptr || planned->rank_v == 0) cache.values = headView(rows.values);
  if (planned == nullptr) return {};

  GroupCache& group = groups_[static_cast<size_t>(cache.group)];
  if (planned->rank_k > 0) group.open_keys.push_back(std::move(rows.keys));
  if (planned->rank_v > 0) group.open_values.push_back(std::move(rows.values));
  rows = {};
  noteOpenRows();
  const bool complete = layer == planned->first_layer + planned->num_layers - 1;
  return complete ? seal(cache.group, phases, stop) : Status{};
}

void LowRankCache::noteOpenRows() {
  int64_t open = 0;
  for (const GroupCache& group : groups_) {
    for (const at::Tensor& rows : group.open_keys) open += storageBytes(rows);
    for (const at::Tensor& rows : group.open_values) open += storageBytes(rows);
  }
  peak_open_rows_ = std::max(peak_open_rows_, open);
}

Result<GroupFactors> LowRankCache::factored(int64_t group, Stream stream, const LayerRows& rows,
                                            int64_t rank, PhaseSink& phases, std::stop_token stop) {
  const FactorRequest request{.rank = rank,
                              .backend = options_.backend,
                              .dtype = options_.factor_dtype,
                              .group = static_cast<int32_t>(group),
                              .stream_name = stream == Stream::key ? "keys" : "values"};
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  auto factors = factorGroup(rows, request, phases, stop);
  if (!factors) return factors;
  const int64_t kept = storageBytes(factors->token_basis) + storageBytes(factors->layer_factors);
  peak_workspace_ = std::max(peak_workspace_, TensorMemory::peakBytes() - before - kept);
  if (options_.on_sealed) {
    const Status heard = options_.on_sealed(
        {stream, group, options_.groups[static_cast<size_t>(group)], rows, *factors});
    if (!heard) return Failure(heard.error());
  }
  return factors;
}

Status LowRankCache::seal(int64_t index, PhaseSink& phases, std::stop_token stop) {
  GroupCache& group = groups_[static_cast<size_t>(index)];
  const PlannedGroup& planned = options_.groups[static_cast<size_t>(index)];
  const int64_t kv_dim = options_.num_kv_heads * options_.head_dim;
  const auto factorOf = [&](const GroupFactors& factors, int64_t i) {
    return factors.layer_factors.slice(1, i * kv_dim, (i + 1) * kv_dim);
  };
  if (planned.rank_k > 0) {
    auto keys = factored(index, Stream::key, group.open_keys, planned.rank_k, phases, stop);
    if (!keys) return Failure(keys.error());
    group.keys = std::move(*keys);
    group.open_keys.clear();
  }
  if (planned.rank_v > 0) {
    auto values = factored(index, Stream::value, group.open_values, planned.rank_v, phases, stop);
    if (!values) return Failure(values.error());
    group.values = std::move(*values);
    group.open_values.clear();
  }
  for (int64_t i = 0; i < planned.num_layers; ++i) {
    LayerCache& layer = layers_[static_cast<size_t>(planned.first_layer + i)];
    if (planned.rank_k > 0) layer.key_factor = factorOf(group.keys, i);
    if (planned.rank_v > 0) layer.value_factor = factorOf(group.values, i);
  }
  TensorMemory::trim();  // what sealing freed leaves the process, not only the heap's books
  return {};
}

std::vector<at::Tensor> LowRankCache::keyScores(const LayerCache& layer,
                                                const at::Tensor& query) const {
  if (!layer.key_factor.defined()) return {rowScores(query, layer.keys)};
  const at::Tensor& basis = groups_[static_cast<size_t>(layer.group)].keys.token_basis;
  std::vector<at::Tensor> scores;
  for (int64_t begin = 0; begin < seq_len_; begin += kRebuildRows) {
    const int64_t end = std::min(begin + kRebuildRows, seq_len_);
    const at::Tensor keys = at::mm(basis.slice(0, begin, end), layer.key_factor);
    scores.push_back(
        rowScores(query, rotary_.rotate(headView(keys), begin).to(query.scalar_type())));
  }
  return scores;
}

at::Tensor LowRankCache::promptValues(const LayerCache& layer, const at::Tensor& weights) const {
  if (!layer.value_factor.defined()) return weightedValues(weights, layer.values);
  const at::Tensor& basis = groups_[static_cast<size_t>(layer.group)].values.token_basis;
  const int64_t heads = weights.size(0) * weights.size(1);
  const at::Tensor mixed =
      at::mm(weights.reshape({heads, seq_len_}).to(basis.scalar_type()), basis);  // (heads, rank)
  const at::Tensor factor =
      layer.value_factor.view({basis.size(1), options_.num_kv_heads, options_.head_dim});
  return at::bmm(mixed.view({weights.size(0), weights.size(1), basis.size(1)}),
                 factor.transpose(0, 1))
      .view({heads, options_.head_dim});
}

at::Tensor LowRankCache::attend(int64_t index, const at::Tensor& query) const {
  const LayerCache& layer = layers_[static_cast<size_t>(index)];
  std::vector<at::Tensor> scores = keyScores(layer, query);
  const size_t prompt_parts = scores.size();
  if (layer.generated.size() > 0) scores.push_back(rowScores(query, layer.generated.keys()));
  const auto parts = jointSoftmax(scores, query.scalar_type());
  const std::vector<at::Tensor> prompt(parts.begin(),
                                       parts.begin() + static_cast<std::ptrdiff_t>(prompt_parts));
  at::Tensor mixed = promptValues(layer, joinedWeights(prompt)).to(query.scalar_type());
  if (layer.generated.size() > 0) {
    mixed = mixed + weightedValues(parts.back(), layer.generated.values());
  }
  return mixed;
}

bool LowRankCache::rebuilds(int64_t layer) const {
  return layers_[static_cast<size_t>(layer)].key_factor.defined() ||
         layers_[static_cast<size_t>(layer)].value_factor.defined();
}

void LowRankCache::forgetGenerated() {
  for (LayerCache& layer : layers_) layer.generated.clear();
}

at::Tensor LowRankCache::rebuilt(int64_t layer, Stream stream) const {
  const LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const at::Tensor& factor = stream == Stream::key ? cache.key_factor : cache.value_factor;
  if (!factor.defined()) return {};
  const GroupCache& group = groups_[static_cast<size_t>(cache.group)];
  const GroupFactors& factors = stream == Stream::key ? group.keys : group.values;
  return at::mm(factors.token_basis.to(at::kFloat), factor.to(at::kFloat));
}

std::vector<PlannedGroup> LowRankCache::factoredPlan() const {
  std::vector<PlannedGroup> plan = options_.groups;
  for (size_t g = 0; g < plan.size(); ++g) {
    plan[g].rank_k = groups_[g].keys.rank;
    plan[g].rank_v = groups_[g].values.rank;
  }
  return plan;
}

std::vector<MemoryPart> LowRankCache::parts() const {
  CacheParts parts;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const GroupCache& group = groups_[g];
    parts.addBasis(Stream::key, group.keys.token_basis);
    parts.addBasis(Stream::value, group.values.token_basis);
    parts.addFactors(Stream::key, group.keys.layer_factors, options_.groups[g].num_layers);
    parts.addFactors(Stream::value, group.values.layer_factors, options_.groups[g].num_layers);
    for (const at::Tensor& rows : group.open_keys) parts.addDense(Stream::key, headView(rows));
    for (const at::Tensor& rows : group.open_values) parts.addDense(Stream::value, headView(rows));
  }
  for (const LayerCache& layer : layers_) {
    parts.addDense(Stream::key, layer.keys);
    parts.addDense(Stream::value, layer.values);
    parts.addGenerated(layer.generated);
  }
  return parts.list();
}

}  // namespace xkv
