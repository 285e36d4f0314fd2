// SPDX-License-Identifier: Apache-2.0
/// What Selective Reconstruction keeps of one layer's prompt beside its factors.
#include "engine/cache/selection_index.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/topk.h>

#include <utility>
#include <vector>

namespace xkv {
namespace {

/// Means of the chunks' keys, and the lowest cosine of a chunk's tokens to it, of all heads.
struct ChunkMeans {
  at::Tensor means;    // (num_kv_heads, chunks, head_dim) fp32
  at::Tensor lowest;   // (num_kv_heads, chunks)
};

/// Rows of the landmark chunks of one head, (chunks, chunk, head_dim).
at::Tensor chunksOf(const at::Tensor& rows, int64_t head, const SelectivePlan& plan) {
  return rows.slice(0, 0, plan.localBegin())
      .select(1, head)
      .unflatten(0, {plan.landmark_chunks, plan.chunk});
}

ChunkMeans meansOf(const at::Tensor& keys, const SelectivePlan& plan) {
  std::vector<at::Tensor> means;
  std::vector<at::Tensor> lowest;
  for (int64_t head = 0; head < keys.size(1); ++head) {  // one at a time: fp32 copies stay small
    const at::Tensor chunks = chunksOf(keys, head, plan).to(at::kFloat);
    means.push_back(chunks.mean(at::IntArrayRef({1})));
    const at::Tensor cosines =
        at::cosine_similarity(means.back().unsqueeze(1).expand_as(chunks), chunks, 2);
    lowest.push_back(cosines.amin({1}));
  }
  return {at::stack(means), at::stack(lowest)};
}

/// (selections, landmark_chunks) → chunks with the lowest values and the others, both ascending, int32.
std::pair<at::Tensor, at::Tensor> outliersAndOthers(const at::Tensor& lowest, int64_t count) {
  at::Tensor is_candidate = at::ones(lowest.sizes(), lowest.options().dtype(at::kBool));
  at::Tensor outliers = std::get<1>(at::topk(lowest, count, 1, /*largest=*/false));
  outliers = std::get<0>(outliers.sort(1));
  is_candidate.scatter_(1, outliers, false);
  const at::Tensor all = at::arange(lowest.size(1), lowest.options().dtype(at::kInt));
  const at::Tensor others = all.expand_as(is_candidate).masked_select(is_candidate);
  return {outliers.to(at::kInt), others.view({lowest.size(0), lowest.size(1) - count})};
}

/// Rows of some chunks of every head, (num_kv_heads, chunks * chunk, head_dim).
at::Tensor rowsOf(const at::Tensor& rows, const at::Tensor& chunks, const SelectivePlan& plan) {
  std::vector<at::Tensor> heads;
  for (int64_t head = 0; head < rows.size(1); ++head) {
    const at::Tensor ids = chunks.select(0, chunks.size(0) == 1 ? 0 : head).to(at::kLong);
    heads.push_back(chunksOf(rows, head, plan).index_select(0, ids).flatten(0, 1));
  }
  return at::stack(heads);
}

/// Landmarks as they are kept.
void keepLandmarks(const at::Tensor& means, LandmarkForm form, at::ScalarType dtype,
                   SelectionIndex& index) {
  if (form == LandmarkForm::cache) {
    index.landmarks = means.to(dtype).contiguous();
    return;
  }
  constexpr double kLargestCode = 127;
  const at::Tensor scale = means.abs().amax({2}).clamp_min(1e-30) / kLargestCode;
  index.landmarks = (means / scale.unsqueeze(2)).round().to(at::kChar);
  index.landmark_scales = scale;
}

}  // namespace

SelectionIndex makeSelectionIndex(const at::Tensor& keys, const at::Tensor& values,
                                  const SelectiveConfig& config, const SelectivePlan& plan) {
  SelectionIndex index;
  index.local_keys = keys.slice(0, plan.localBegin()).clone(at::MemoryFormat::Contiguous);
  index.local_values = values.slice(0, plan.localBegin()).clone(at::MemoryFormat::Contiguous);
  const ChunkMeans found = meansOf(keys, plan);
  const at::Tensor lowest =
      config.share_selection ? found.lowest.amin({0}, /*keepdim=*/true) : found.lowest;
  std::tie(index.outliers, index.candidates) = outliersAndOthers(lowest, plan.outlier_chunks);
  index.outlier_keys = rowsOf(keys, index.outliers, plan);
  index.outlier_values = rowsOf(values, index.outliers, plan);
  const at::Tensor kept = index.candidates.to(at::kLong).unsqueeze(2).expand(
      {keys.size(1), plan.candidates(), keys.size(2)});
  keepLandmarks(found.means.gather(1, kept), config.landmarks, keys.scalar_type(), index);
  return index;
}

}  // namespace xkv
