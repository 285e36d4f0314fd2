// SPDX-License-Identifier: Apache-2.0
/// The X-ray of Selective Reconstruction: what each step chose, and its share of the true attention.
#include "engine/cache/selection_watch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/gather.h>

#include <utility>

#include "engine/analysis/tensor_values.h"

namespace xkv {
namespace {

/// Values at some chunks: mass (num_kv_heads, rows, chunks), ids (selections, k) → (num_kv_heads, rows, k).
at::Tensor atChunks(const at::Tensor& mass, const at::Tensor& ids) {
  const at::Tensor wide =
      ids.to(at::kLong).unsqueeze(1).expand({mass.size(0), mass.size(1), ids.size(1)});
  return at::gather(mass, 2, wide);
}

/// True attention of every query row: what falls on each landmark chunk, and what on tokens that are exact.
struct TrueMass {
  at::Tensor chunks;  // (num_kv_heads, rows * group, landmark_chunks)
  at::Tensor exact;   // (num_kv_heads, rows * group): local and new tokens
};

TrueMass trueMass(const SelectionStep& step, const SelectivePlan& plan,
                  const at::Tensor& original_keys, const at::Tensor& new_keys) {
  const at::Tensor query = step.query.to(at::kFloat);
  const std::vector<at::Tensor> weights =
      jointSoftmax({rowScores(query, original_keys.to(at::kFloat)),
                    rowScores(query, new_keys.to(at::kFloat))},
                   step.rows, at::kFloat);
  const at::Tensor chunks = weights[0].slice(2, 0, plan.localBegin());
  return {chunks.unflatten(2, {plan.landmark_chunks, plan.chunk}).sum(-1),
          weights[0].slice(2, plan.localBegin()).sum(-1) + weights[1].sum(-1)};
}

}  // namespace

void SelectionWatch::note(const SelectionStep& step, bool keeps_chosen) {
  hit_rate_.push_back(static_cast<float>(step.hit_rate));
  num_heads_ = step.query.size(1);
  if (!keeps_chosen) return;
  const at::Tensor chosen = step.chosen.to(at::kLong).contiguous();
  const int64_t* ids = chosen.const_data_ptr<int64_t>();
  chosen_.insert(chosen_.end(), ids, ids + chosen.numel());
}

void SelectionWatch::noteRecall(const SelectionStep& step, const SelectionPlaces& places,
                                const SelectivePlan& plan, const at::Tensor& original_keys,
                                const at::Tensor& new_keys) {
  const TrueMass mass = trueMass(step, plan, original_keys, new_keys);
  const at::Tensor always = mass.exact + atChunks(mass.chunks, places.outliers).sum(-1);
  const at::Tensor recall = always + atChunks(mass.chunks, step.chosen).sum(-1);
  const at::Tensor of_heads = recall.unflatten(1, {step.rows.count, -1}).mean(at::IntArrayRef({1})).flatten();
  const std::vector<float> values = floatsOf(of_heads);
  recall_.insert(recall_.end(), values.begin(), values.end());

  const at::Tensor order = step.scores.argsort(1, /*descending=*/true);
  const at::Tensor ranked = places.candidates.to(at::kLong).gather(1, order);
  const at::Tensor sums =
      at::cumsum(atChunks(mass.chunks, ranked), 2, at::kDouble).mean(at::IntArrayRef({0, 1}));
  const double base = always.mean().item<double>();
  const std::vector<double> gains = doublesOf(sums);
  recall_of_chunks_.resize(gains.size() + 1, 0.0);
  recall_of_chunks_[0] += base;
  for (size_t k = 0; k < gains.size(); ++k) recall_of_chunks_[k + 1] += base + gains[k];
}

SelectionRecord SelectionWatch::record(int64_t layer, const SelectionPlaces& places,
                                       const SelectivePlan& plan) const {
  SelectionRecord record;
  record.layer = layer;
  record.seq_len = plan.seq_len;
  record.num_heads = num_heads_;
  record.num_kv_heads = places.outliers.size(0);
  record.chunk = plan.chunk;
  record.landmark_chunks = plan.landmark_chunks;
  record.outlier_chunks = plan.outlier_chunks;
  record.chosen_chunks = plan.chosen_chunks;
  record.num_steps = numSteps();
  const at::Tensor outliers = places.outliers.to(at::kLong).contiguous();
  const int64_t* ids = outliers.const_data_ptr<int64_t>();
  record.outliers.assign(ids, ids + outliers.numel());
  record.chosen = chosen_;
  record.hit_rate = hit_rate_;
  record.recall = recall_;
  for (const double sum : recall_of_chunks_) {
    record.recall_of_chunks.push_back(static_cast<float>(sum / static_cast<double>(numSteps())));
  }
  return record;
}

}  // namespace xkv
