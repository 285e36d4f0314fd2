// SPDX-License-Identifier: Apache-2.0
/// Bytes and the three ratios of METHOD.md 5, as arithmetic on plain numbers.
#include "profiling/memory_ledger.h"

#include "profiling/selective_plan.h"

namespace xkv {
namespace {

/// Least and most bytes of one stream of one group.
struct Bytes {
  int64_t least = 0;
  int64_t most = 0;
};

/// A and every B_l, a merged pair, or dense rows where the stream is left alone.
Bytes streamBytes(const LedgerShape& shape, const PlannedGroup& group, Stream stream) {
  const int64_t width = group.num_layers * shape.cache.width(stream);
  const int64_t rank = group.rank(stream);
  if (rank == 0 && group.compresses(stream) && shape.head_dim > 0) {
    const int64_t rows = shape.seq_len * shape.cache.width(stream) / shape.head_dim;
    const auto bytes = [&](int64_t kept) {
      return mergedPairBytes(rows, kept, shape.head_dim, shape.bytes_per_element);
    };
    return {bytes(0), bytes(rows)};
  }
  const auto matrix = [&](int64_t matrix_rows, int64_t columns, int64_t bits) {
    return bits > 0 ? quantizedBytes(matrix_rows, columns, bits)
                    : matrix_rows * columns * shape.bytes_per_element;
  };
  const int64_t bytes =
      rank == 0 ? matrix(shape.seq_len, width, 0)
                : matrix(shape.seq_len, rank, shape.token_basis_bits) +
                      group.num_layers *
                          matrix(rank, shape.cache.width(stream), shape.layer_factor_bits);
  return {bytes, bytes};
}

/// Of every layer whose keys are of low rank.
SelectionBytes selectionBytes(const LedgerShape& shape, const std::vector<PlannedGroup>& plan) {
  int64_t layers = 0;
  for (const PlannedGroup& group : plan) layers += group.rank_k > 0 ? group.num_layers : 0;
  const SelectionBytes layer =
      selectionBytes(*shape.selective, planSelection(*shape.selective, shape.seq_len),
                     shape.num_kv_heads, shape.head_dim, shape.bytes_per_element);
  return {layers * layer.landmarks, layers * layer.local_rows, layers * layer.outlier_rows,
          layers * layer.selected_rows, layers * layer.chunk_index};
}

double ratio(int64_t numerator, int64_t denominator) {
  return denominator > 0 ? static_cast<double>(numerator) / static_cast<double>(denominator) : 1;
}

}  // namespace

int64_t quantizedBytes(int64_t rows, int64_t columns, int64_t bits) {
  constexpr int64_t kScaleAndMinimum = 4;
  const int64_t groups = (columns + kQuantGroup - 1) / kQuantGroup;
  return rows * ((columns * bits + 7) / 8 + groups * kScaleAndMinimum);
}

int64_t mergedPairBytes(int64_t rows, int64_t kept, int64_t head_dim, int64_t bytes_per_element) {
  constexpr int64_t kNormBytes = 8;
  constexpr int64_t kIndexBytes = 4;
  return (rows - kept) * (head_dim * bytes_per_element + kNormBytes) +
         kept * 2 * head_dim * bytes_per_element + rows * kIndexBytes;
}

LedgerRatios ledgerRatios(const LedgerShape& shape, const std::vector<PlannedGroup>& plan) {
  const CacheShape& cache = shape.cache;
  const int64_t layer_elements = shape.seq_len * (cache.width_k + cache.width_v);
  LedgerRatios ratios;
  int64_t layers_left = cache.num_layers;
  for (const PlannedGroup& group : plan) {
    for (const Stream stream : {Stream::key, Stream::value}) {
      const Bytes bytes = streamBytes(shape, group, stream);
      ratios.factor_bytes += bytes.least;
      ratios.most_factor_bytes += bytes.most;
    }
    layers_left -= group.num_layers;
  }
  const int64_t left_bytes = layers_left * layer_elements * shape.bytes_per_element;
  ratios.factor_bytes += left_bytes;
  ratios.most_factor_bytes += left_bytes;
  ratios.dense_bytes = cache.num_layers * layer_elements * shape.bytes_per_element;
  ratios.landmark_bytes =
      cache.num_layers * shape.seq_len * cache.width_k * shape.bytes_per_element / 8;
  if (shape.selective) {
    const SelectionBytes selection = selectionBytes(shape, plan);
    ratios.landmark_bytes = selection.landmarks;
    ratios.selection_bytes = selection.sum();
  }
  ratios.published_ratio = ratio(ratios.dense_bytes, ratios.factor_bytes);
  ratios.with_landmarks_ratio =
      ratio(ratios.dense_bytes, ratios.factor_bytes + ratios.landmark_bytes);
  return ratios;
}

}  // namespace xkv
