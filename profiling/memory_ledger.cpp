// SPDX-License-Identifier: Apache-2.0
/// Bytes and the three ratios of METHOD.md 5, as arithmetic on plain numbers.
#include "profiling/memory_ledger.h"

namespace xkv {
namespace {

/// Elements of one stream of one group: A and every B_l, or its dense rows where the rank is 0.
int64_t streamElements(int64_t rank, int64_t seq_len, int64_t group_width) {
  return rank > 0 ? rank * (seq_len + group_width) : seq_len * group_width;
}

double ratio(int64_t numerator, int64_t denominator) {
  return denominator > 0 ? static_cast<double>(numerator) / static_cast<double>(denominator) : 1;
}

}  // namespace

LedgerRatios ledgerRatios(const LedgerShape& shape, const std::vector<PlannedGroup>& plan) {
  const CacheShape& cache = shape.cache;
  const int64_t layer_elements = shape.seq_len * (cache.width_k + cache.width_v);
  int64_t elements = 0;
  int64_t layers_left = cache.num_layers;
  for (const PlannedGroup& group : plan) {
    elements += streamElements(group.rank_k, shape.seq_len, group.num_layers * cache.width_k);
    elements += streamElements(group.rank_v, shape.seq_len, group.num_layers * cache.width_v);
    layers_left -= group.num_layers;
  }
  elements += layers_left * layer_elements;

  LedgerRatios ratios;
  ratios.dense_bytes = cache.num_layers * layer_elements * shape.bytes_per_element;
  ratios.factor_bytes = elements * shape.bytes_per_element;
  ratios.landmark_bytes =
      cache.num_layers * shape.seq_len * cache.width_k * shape.bytes_per_element / 8;
  ratios.published_ratio = ratio(ratios.dense_bytes, ratios.factor_bytes);
  ratios.with_landmarks_ratio =
      ratio(ratios.dense_bytes, ratios.factor_bytes + ratios.landmark_bytes);
  return ratios;
}

}  // namespace xkv
