// SPDX-License-Identifier: Apache-2.0
/// MiniCache's arithmetic: rows of two adjacent layers as one shared direction and two norms.
#include "engine/cache/slerp_merge.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/acos.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>

namespace xkv {
namespace {

constexpr int64_t kBlockRows = 16384;  // rows in fp64 at a time
constexpr double kSameDirection = 1e-7;  // angle below which the mix is linear

at::Tensor normsOf(const at::Tensor& rows) {
  return at::linalg_vector_norm(rows, 2, {1}, /*keepdim=*/true);
}

/// Angles between rows, (n, 1) fp64; NaN where a row is zero.
at::Tensor anglesOf(const at::Tensor& first, const at::Tensor& second) {
  const at::Tensor cosine =
      ((first / normsOf(first)) * (second / normsOf(second))).sum({1}, /*keepdim=*/true);
  return at::acos(cosine.clamp(-1, 1));
}

at::Tensor allAngles(const at::Tensor& first, const at::Tensor& second) {
  std::vector<at::Tensor> blocks;
  for (int64_t begin = 0; begin < first.size(0); begin += kBlockRows) {
    const int64_t end = std::min(begin + kBlockRows, first.size(0));
    blocks.push_back(anglesOf(first.slice(0, begin, end).to(at::kDouble),
                              second.slice(0, begin, end).to(at::kDouble)));
  }
  return at::cat(blocks).squeeze(1);
}

at::Tensor divergentRows(const at::Tensor& angles, double gamma) {
  const at::Tensor known = angles.index({angles.isfinite()});
  if (known.numel() == 0) return angles > 0;
  const double least = known.min().item<double>();
  const double most = known.max().item<double>();
  return angles > least + (most - least) * gamma;  // false for NaN
}

/// e of METHOD.md 8; (n, head_dim) fp64.
at::Tensor sharedDirection(const at::Tensor& first, const at::Tensor& second, double t) {
  const at::Tensor angle = anglesOf(first, second);
  const at::Tensor sine = at::sin(angle);
  const at::Tensor arc = at::sin(angle * (1 - t)) / sine * (first / normsOf(first)) +
                         at::sin(angle * t) / sine * (second / normsOf(second));
  return at::where(angle < kSameDirection, first * (1 - t) + second * t, arc);
}

/// Fills direction and norms with the rows that `places` names.
void merge(MergedPair& pair, const at::Tensor& first, const at::Tensor& second,
           const at::Tensor& places, double t) {
  for (int64_t begin = 0; begin < places.size(0); begin += kBlockRows) {
    const int64_t end = std::min(begin + kBlockRows, places.size(0));
    const at::Tensor block = places.slice(0, begin, end);
    const at::Tensor a = first.index_select(0, block).to(at::kDouble);
    const at::Tensor b = second.index_select(0, block).to(at::kDouble);
    pair.direction.slice(0, begin, end).copy_(sharedDirection(a, b, t));
    pair.norms.slice(0, begin, end).copy_(at::cat({normsOf(a), normsOf(b)}, 1));
  }
}

}  // namespace

MergedPair mergePair(const at::Tensor& first, const at::Tensor& second, const SlerpRule& rule,
                     at::ScalarType dtype) {
  const at::Tensor angles = allAngles(first, second);
  const at::Tensor divergent = divergentRows(angles, rule.gamma);
  const bool keeps_divergent = rule.keep == SlerpKeep::divergent;
  const at::Tensor kept =
      (keeps_divergent ? divergent : divergent.logical_not()).logical_or(angles.isnan());
  const at::Tensor merged_places = at::nonzero(kept.logical_not()).squeeze(1);
  const at::Tensor kept_places = at::nonzero(kept).squeeze(1);

  MergedPair pair;
  pair.divergent_rows = divergent.sum().item<int64_t>();
  pair.direction = at::empty({merged_places.size(0), first.size(1)}, first.options().dtype(dtype));
  pair.norms = at::empty({merged_places.size(0), 2}, first.options().dtype(at::kFloat));
  merge(pair, first, second, merged_places, rule.t);
  pair.retained =
      at::stack({first.index_select(0, kept_places), second.index_select(0, kept_places)}, 1);
  const auto slots = [&](const at::Tensor& places) {
    return at::arange(places.size(0), first.options().dtype(at::kInt));
  };
  pair.row_index = at::empty({first.size(0)}, first.options().dtype(at::kInt));
  pair.row_index.index_put_({merged_places}, slots(merged_places));
  pair.row_index.index_put_({kept_places}, -1 - slots(kept_places));
  return pair;
}

at::Tensor MergedPair::rows(int64_t side, int64_t begin, int64_t end) const {
  const at::Tensor slots = row_index.slice(0, begin, end);
  const at::Tensor merged = at::nonzero(slots >= 0).squeeze(1);
  const at::Tensor kept = at::nonzero(slots < 0).squeeze(1);
  at::Tensor rows = at::empty({end - begin, retained.size(2)}, retained.options());
  const at::Tensor at_merged = slots.index_select(0, merged);
  const at::Tensor mixed = direction.index_select(0, at_merged).to(at::kFloat) *
                           norms.index_select(0, at_merged).slice(1, side, side + 1);
  rows.index_put_({merged}, mixed.to(rows.scalar_type()));
  rows.index_put_({kept}, retained.select(1, side).index_select(0, -1 - slots.index_select(0, kept)));
  return rows;
}

}  // namespace xkv
