// SPDX-License-Identifier: Apache-2.0
/// Selective Reconstruction: factors of each group, and attention to the chunks that matter now.
#include "engine/cache/selective_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <utility>

#include "engine/cache/cache_parts.h"

namespace xkv {
namespace {

/// Token-major rows (rows, num_kv_heads, head_dim).
HeadedRows byTokens(const at::Tensor& rows) {
  return {rows.const_data_ptr(), rows.size(0), rows.stride(1), rows.stride(0)};
}

/// Head-major rows (num_kv_heads, rows, head_dim).
HeadedRows byHeads(const at::Tensor& rows) {
  return {rows.const_data_ptr(), rows.size(1), rows.stride(0), rows.stride(1)};
}

MatrixRows matrixOf(const at::Tensor& matrix) {
  return {matrix.const_data_ptr(), matrix.size(0), matrix.size(1), matrix.stride(0)};
}

/// Puts missing chunks where chunks stand that are no longer wanted; returns those that were missing, with slots.
std::vector<ChunkMove> replaceUnwanted(const int32_t* wanted, int32_t* slots, int64_t count,
                                       std::vector<bool>& is_wanted) {
  for (int64_t i = 0; i < count; ++i) is_wanted[static_cast<size_t>(wanted[i])] = true;
  std::vector<int32_t> free_slots;
  for (int32_t slot = 0; slot < count; ++slot) {
    if (slots[slot] >= 0 && is_wanted[static_cast<size_t>(slots[slot])]) {
      is_wanted[static_cast<size_t>(slots[slot])] = false;  // it is here
    } else {
      free_slots.push_back(slot);
    }
  }
  std::vector<ChunkMove> moves;
  for (int64_t i = 0; i < count; ++i) {
    if (!is_wanted[static_cast<size_t>(wanted[i])]) continue;
    is_wanted[static_cast<size_t>(wanted[i])] = false;
    const int32_t slot = free_slots[moves.size()];
    slots[slot] = wanted[i];
    moves.push_back({.chunk = wanted[i], .slot = slot});
  }
  return moves;
}

}  // namespace

SelectiveCache::SelectiveCache(SelectiveCacheOptions options, LowRankCacheOptions factors,
                               const RotaryTable& rotary)
    : options_(std::move(options)),
      factors_(factors, rotary),
      form_(factors.form),
      rotary_(rotary),
      ops_(fastCacheOps()),
      is_selected_(indexOf(form_.numLayers())),
      layers_(is_selected_.size()) {
  for (const PlannedGroup& group : factors.groups) {
    for (int64_t i = 0; i < group.num_layers; ++i) {
      is_selected_[indexOf(group.first_layer + i)] = group.rank_k > 0;
    }
  }
}

Status SelectiveCache::append(int64_t layer, CacheRows rows, PhaseSink& phases,
                              std::stop_token stop) {
  if (!is_selected_[indexOf(layer)]) return factors_.append(layer, std::move(rows), phases, std::move(stop));
  std::optional<SelectedLayer>& own = layers_[indexOf(layer)];
  if (!own) return appendPrompt(layer, std::move(rows), phases, std::move(stop));
  const int64_t position = seq_len_ + own->generated.size();
  own->generated.push(readable(form_, layer, rows, position, rotary_));
  return {};
}

Status SelectiveCache::appendPrompt(int64_t layer, CacheRows rows, PhaseSink& phases,
                                    std::stop_token stop) {
  seq_len_ = rows.count();
  SelectedLayer own;
  own.plan = planSelection(options_.config, seq_len_);
  {
    PhaseScope scope(phases, {.kind = PhaseKind::factor,
                              .layer = static_cast<int32_t>(layer),
                              .label = "landmarks and outliers"});
    const StreamPair as_read = readable(form_, layer, rows, 0, rotary_);
    own.index = makeSelectionIndex(as_read[0], as_read[1], options_.config, own.plan);
    own.keys = at::empty({as_read[0].size(1), own.plan.chosen_chunks * own.plan.chunk, as_read[0].size(2)},
                         as_read[0].options());
    own.slots = at::full({own.index.candidates.size(0), own.plan.chosen_chunks}, -1,
                         as_read[0].options().dtype(at::kInt));
  }
  const Status kept = factors_.append(layer, std::move(rows), phases, std::move(stop));
  if (!kept) return kept;
  own.values = factors_.releaseDense(layer, Stream::value);
  layers_[indexOf(layer)] = std::move(own);
  return {};
}

at::Tensor SelectiveCache::scoresOf(const SelectedLayer& own, const QueryHeads& query) const {
  const at::Tensor& scales = own.index.landmark_scales;
  const Landmarks landmarks{byHeads(own.index.landmarks),
                            scales.defined() ? scales.const_data_ptr<float>() : nullptr};
  at::Tensor scores = at::empty(own.index.candidates.sizes(), at::TensorOptions().dtype(at::kFloat));
  ops_.landmarkScores(query, landmarks, options_.config.share_selection, scores.mutable_data_ptr<float>());
  return scores;
}

double SelectiveCache::bring(int64_t layer, SelectedLayer& own, const at::Tensor& chosen) const {
  const int64_t count = own.plan.chosen_chunks;
  const int64_t selections = chosen.size(0);
  const int64_t heads_each = own.keys.size(0) / selections;
  std::vector<bool> is_wanted(static_cast<size_t>(own.plan.landmark_chunks));
  std::vector<ChunkMove> moves;
  int64_t missing = 0;
  for (int64_t s = 0; s < selections; ++s) {
    const auto found = replaceUnwanted(chosen.const_data_ptr<int32_t>() + s * count,
                                       own.slots.mutable_data_ptr<int32_t>() + s * count, count, is_wanted);
    missing += static_cast<int64_t>(found.size());
    for (int64_t h = 0; h < heads_each; ++h) {
      for (ChunkMove move : found) {
        move.head = static_cast<int32_t>(s * heads_each + h);
        moves.push_back(move);
      }
    }
  }
  if (!moves.empty()) rebuildKeys(layer, own, moves);
  return 1 - static_cast<double>(missing) / static_cast<double>(selections * count);
}

void SelectiveCache::rebuildKeys(int64_t layer, SelectedLayer& own,
                                 const std::vector<ChunkMove>& moves) const {
  const FactoredStream& stream = *factors_.factorsAt(layer, Stream::key);
  const at::Tensor basis = stream.promptBasis();
  const at::Tensor factor = stream.factor(factors_.placeInGroup(layer));
  const RotaryRows angles = rotary_.rows(0, seq_len_);
  ops_.rebuildKeys({.dtype = dtypeOf(basis.scalar_type()),
                    .token_basis = matrixOf(basis),
                    .layer_factor = matrixOf(factor),
                    .head_dim = own.keys.size(2),
                    .chunk = own.plan.chunk,
                    .cosines = angles.cos,
                    .sines = angles.sin,
                    .moves = moves,
                    .keys = own.keys.mutable_data_ptr(),
                    .head_stride = own.keys.stride(0)});
}

void SelectiveCache::choose(int64_t layer, SelectedLayer& own, const QueryHeads& query,
                            const SelectionStep& asked) const {
  SelectionStep step = asked;
  const bool needs_scores = !own.plan.choosesAll() || original_keys_;
  if (needs_scores) step.scores = scoresOf(own, query);
  if (own.plan.choosesAll()) {
    step.chosen = own.index.candidates;
  } else {
    const at::Tensor best = std::get<1>(at::topk(step.scores, own.plan.chosen_chunks, 1));
    step.chosen = std::get<0>(own.index.candidates.gather(1, best).sort(1)).contiguous();
  }
  const double hit_rate = bring(layer, own, step.chosen);
  step.hit_rate = own.has_chosen ? hit_rate : std::numeric_limits<double>::quiet_NaN();
  own.has_chosen = true;
  own.watch.note(step, options_.keeps_chosen);
  if (original_keys_) {
    own.watch.noteRecall(step, placesOf(own), own.plan, original_keys_(layer),
                         own.generated.rows()[0]);
  }
}

at::Tensor SelectiveCache::attendChosen(int64_t layer, const SelectedLayer& own,
                                        const QueryHeads& query) const {
  const StreamPair fresh = own.generated.rows();
  std::vector<AttendedRows> rows{
      {byTokens(own.index.local_keys), byTokens(own.index.local_values)},
      {byHeads(own.index.outlier_keys), byHeads(own.index.outlier_values)},
  };
  if (fresh[0].defined()) rows.push_back({byTokens(fresh[0]), byTokens(fresh[1]), /*are_new=*/true});
  AttendedChunks chunks;
  chunks.keys = byHeads(own.keys);
  chunks.chunks = own.slots.const_data_ptr<int32_t>();
  chunks.slots = own.plan.chosen_chunks;
  chunks.selections = own.slots.size(0);
  chunks.chunk = own.plan.chunk;
  at::Tensor basis;
  at::Tensor factor;
  if (const FactoredStream* values = factors_.factorsAt(layer, Stream::value)) {
    basis = values->promptBasis();
    factor = values->factor(factors_.placeInGroup(layer));
    chunks.token_basis = matrixOf(basis);
    chunks.layer_factor = matrixOf(factor);
  } else {
    chunks.values = byTokens(own.values);
  }
  at::Tensor out = at::empty({query.num_rows, query.num_heads, query.head_dim}, own.keys.options());
  ops_.attend(query, rows, chunks, out.mutable_data_ptr());
  return out;
}

at::Tensor SelectiveCache::attend(int64_t layer, const at::Tensor& query,
                                  int64_t first_position) const {
  std::optional<SelectedLayer>& own = layers_[indexOf(layer)];
  if (!own) return factors_.attend(layer, query, first_position);
  const at::Tensor heads = query.contiguous();
  const QueryHeads asked{.data = heads.const_data_ptr(),
                         .dtype = dtypeOf(heads.scalar_type()),
                         .num_rows = heads.size(0),
                         .num_heads = heads.size(1),
                         .num_kv_heads = own->keys.size(0),
                         .head_dim = heads.size(2),
                         .softmax_scale = form_.softmax_scale};
  if (own->plan.candidates() > 0) {
    const QueryRows rows{heads.size(0), first_position, 0, form_.softmax_scale};
    choose(layer, *own, asked, {.query = heads, .rows = rows, .chosen = {}, .scores = {}});
  }
  return attendChosen(layer, *own, asked);
}

void SelectiveCache::forgetGenerated() {
  factors_.forgetGenerated();
  for (std::optional<SelectedLayer>& own : layers_) {
    if (!own) continue;
    own->generated.clear();
    own->watch.clear();
    own->slots.fill_(-1);
    own->has_chosen = false;
  }
}

void SelectiveCache::forgetSelected(int64_t chunks) {
  for (std::optional<SelectedLayer>& own : layers_) {
    if (own) own->slots.slice(1, 0, chunks).fill_(-1);
  }
}

int64_t SelectiveCache::generatedTokens() const {
  const std::optional<SelectedLayer>& last = layers_.back();
  return last ? last->generated.size() : factors_.generatedTokens();
}

std::vector<SelectionRecord> SelectiveCache::takeSelections() {
  std::vector<SelectionRecord> records;
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    std::optional<SelectedLayer>& own = layers_[layer];
    if (!own || own->watch.numSteps() == 0) continue;
    records.push_back(own->watch.record(static_cast<int64_t>(layer), placesOf(*own), own->plan));
    own->watch.clear();
  }
  return records;
}

std::vector<MemoryPart> SelectiveCache::parts() const {
  CacheParts parts;
  for (const std::optional<SelectedLayer>& own : layers_) {
    if (!own) continue;
    const SelectionIndex& index = own->index;
    const auto add = [&](MemoryPartKind kind, std::optional<Stream> stream,
                         const at::Tensor& tensor, int64_t count = 1) {
      parts.addTensor(kind, stream, "layers", tensor, count);
    };
    add(MemoryPartKind::landmark, Stream::key, index.landmarks);
    add(MemoryPartKind::landmark, Stream::key, index.landmark_scales, 0);
    add(MemoryPartKind::local_row, Stream::key, index.local_keys);
    add(MemoryPartKind::local_row, Stream::value, index.local_values);
    add(MemoryPartKind::outlier_row, Stream::key, index.outlier_keys);
    add(MemoryPartKind::outlier_row, Stream::value, index.outlier_values);
    add(MemoryPartKind::selected_row, Stream::key, own->keys);
    add(MemoryPartKind::chunk_index, std::nullopt, index.candidates);
    add(MemoryPartKind::chunk_index, std::nullopt, index.outliers, 0);
    add(MemoryPartKind::chunk_index, std::nullopt, own->slots, 0);
    add(MemoryPartKind::host_value, Stream::value, own->values);
    parts.addGenerated(own->generated);
  }
  std::vector<MemoryPart> all = factors_.parts();
  for (MemoryPart& part : parts.list()) all.push_back(std::move(part));
  return all;
}

}  // namespace xkv
