// SPDX-License-Identifier: Apache-2.0
/// The MiniCache baseline: pairs of adjacent layers share directions, divergent rows keep their originals.
#include "engine/cache/slerp_cache.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_attention.h"
#include "engine/cache/tensor_memory.h"
#include "profiling/records/stream_names.h"

namespace xkv {
namespace {

constexpr int64_t kRebuildTokens = 2048;  // tokens rebuilt at a time

}  // namespace

SlerpCache::SlerpCache(SlerpCacheOptions options, const RotaryTable& rotary)
    : options_(std::move(options)),
      rotary_(rotary),
      layers_(indexOf(options_.form.numLayers())),
      pairs_(options_.pairs.size()) {
  for (size_t p = 0; p < options_.pairs.size(); ++p) {
    for (int64_t side = 0; side < 2; ++side) {
      LayerCache& layer = layers_[indexOf(options_.pairs[p].first_layer + side)];
      layer.pair = static_cast<int64_t>(p);
      layer.side = side;
    }
  }
}

Status SlerpCache::append(int64_t index, CacheRows rows, PhaseSink& phases, std::stop_token stop) {
  LayerCache& layer = layers_[indexOf(index)];
  if (!layer.has_prompt) return appendPrompt(index, std::move(rows), phases, std::move(stop));
  const int64_t position = seq_len_ + layer.generated.size();
  layer.generated.push(readable(options_.form, index, rows, position, rotary_));
  return {};
}

Status SlerpCache::appendPrompt(int64_t index, CacheRows rows, PhaseSink& phases,
                                std::stop_token stop) {
  LayerCache& layer = layers_[indexOf(index)];
  layer.has_prompt = true;
  seq_len_ = rows.count();
  const PlannedGroup* planned = layer.pair < 0 ? nullptr : &options_.pairs[indexOf(layer.pair)];
  for (const StreamForm& form : options_.form.streams) {
    const size_t place = placeOf(form.stream);
    if (planned == nullptr || !planned->compresses(form.stream)) {
      layer.dense[place] = readable(form, index, rows.streams[place], 0, rotary_);
    } else {
      pairs_[indexOf(layer.pair)].open[place].push_back(std::move(rows.streams[place]));
    }
  }
  if (planned == nullptr) return {};
  rows = {};
  noteOpenRows();
  if (layer.side == 0) return {};
  for (const StreamForm& form : options_.form.streams) {
    if (!planned->compresses(form.stream)) continue;
    const Status merged = merge(layer.pair, form, phases, stop);
    if (!merged) return merged;
  }
  TensorMemory::trim();
  return {};
}

void SlerpCache::noteOpenRows() {
  int64_t open = 0;
  for (const PairCache& pair : pairs_) {
    for (const LayerRows& stream : pair.open) {
      for (const at::Tensor& rows : stream) open += storageBytes(rows);
    }
  }
  peak_.open_row_bytes = std::max(peak_.open_row_bytes, open);
}

Status SlerpCache::merge(int64_t index, const StreamForm& form, PhaseSink& phases,
                         std::stop_token stop) {
  if (stop.stop_requested()) return failure(ErrorKind::interrupted, "the merging was cancelled");
  const PlannedGroup& planned = options_.pairs[indexOf(index)];
  PairCache& pair = pairs_[indexOf(index)];
  LayerRows& rows = pair.open[placeOf(form.stream)];
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  {
    PhaseScope scope(phases, {.kind = PhaseKind::factor,
                              .group = static_cast<int32_t>(index),
                              .label = std::string(pluralName(form.stream)) + ", merged"});
    const SlerpRule rule{planned.slerp_t, planned.slerp_gamma, options_.keep};
    pair.merged[placeOf(form.stream)] =
        mergePair(rows[0].reshape({-1, form.head_dim}), rows[1].reshape({-1, form.head_dim}), rule,
                  options_.direction_dtype);
  }
  const int64_t kept = TensorMemory::currentBytes() - before;
  peak_.workspace_bytes = std::max(peak_.workspace_bytes, TensorMemory::peakBytes() - before - kept);
  Status heard;
  if (options_.on_sealed) {
    const auto rebuild = [&](int64_t i) { return rebuilt(planned.first_layer + i, form.stream); };
    heard = options_.on_sealed({.stream = form.stream,
                                .group = index,
                                .planned = planned,
                                .rows = rows,
                                .rebuilt = rebuild,
                                .dtype = options_.direction_dtype});
  }
  rows.clear();
  return heard;
}

const MergedPair* SlerpCache::mergedOf(const LayerCache& layer, Stream stream) const {
  if (layer.pair < 0) return nullptr;
  const auto& merged = pairs_[indexOf(layer.pair)].merged[placeOf(stream)];
  return merged ? &*merged : nullptr;
}

at::Tensor SlerpCache::promptRows(int64_t index, const StreamForm& form, int64_t begin,
                                  int64_t end) const {
  const LayerCache& layer = layers_[indexOf(index)];
  const MergedPair* merged = mergedOf(layer, form.stream);
  if (merged == nullptr) return layer.dense[placeOf(form.stream)].slice(0, begin, end);
  const at::Tensor rows =
      merged->rows(layer.side, begin * form.num_heads, end * form.num_heads);
  return readable(form, index, rows.view({end - begin, form.width()}), begin, rotary_);
}

at::Tensor SlerpCache::attend(int64_t index, const at::Tensor& query,
                              int64_t first_position) const {
  const LayerCache& layer = layers_[indexOf(index)];
  const int64_t block = layer.pair < 0 ? seq_len_ : kRebuildTokens;
  std::vector<at::Tensor> scores;
  for (int64_t begin = 0; begin < seq_len_; begin += block) {
    StreamPair rows;
    for (const StreamForm& form : options_.form.streams) {
      if (!form.scored()) continue;
      rows[placeOf(form.stream)] =
          promptRows(index, form, begin, std::min(begin + block, seq_len_));
    }
    scores.push_back(rowScores(options_.form, query, rows));
  }
  const bool has_generated = layer.generated.size() > 0;
  if (has_generated) scores.push_back(rowScores(options_.form, query, layer.generated.rows()));
  const QueryRows rows{query.size(0), first_position, options_.form.window(index),
                       options_.form.softmax_scale};
  const auto weights = jointSoftmax(scores, rows, query.scalar_type());
  const StreamForm& mixes = options_.form.mixed();
  at::Tensor mixed;
  for (int64_t begin = 0; begin < seq_len_; begin += block) {
    const at::Tensor term =
        weightedValues(weights[indexOf(begin / block)],
                       promptRows(index, mixes, begin, std::min(begin + block, seq_len_)));
    mixed = mixed.defined() ? mixed + term : term;
  }
  if (has_generated) {
    mixed = mixed + weightedValues(weights.back(), layer.generated.rows()[placeOf(mixes.stream)]);
  }
  return queryOrder(mixed, query.size(0));
}

void SlerpCache::forgetGenerated() {
  for (LayerCache& layer : layers_) layer.generated.clear();
}

at::Tensor SlerpCache::rebuilt(int64_t index, Stream stream) const {
  const LayerCache& layer = layers_[indexOf(index)];
  const MergedPair* merged = mergedOf(layer, stream);
  if (merged == nullptr) return {};
  return merged->rows(layer.side, 0, merged->row_index.size(0))
      .view({-1, options_.form.of(stream).width()})
      .to(at::kFloat);
}

std::vector<MemoryPart> SlerpCache::parts() const {
  CacheParts parts;
  for (const PairCache& pair : pairs_) {
    for (const StreamForm& form : options_.form.streams) {
      const size_t place = placeOf(form.stream);
      if (pair.merged[place]) parts.addMerged(form.stream, *pair.merged[place]);
      for (const at::Tensor& rows : pair.open[place]) {
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
