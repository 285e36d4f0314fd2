// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row on the CPU, over rows that lie there densely or as factors.
#include "engine/cache/one_row_attention.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/low_rank_attention.h"
#include "engine/ops/simd/row_attention.h"
#include "engine/ops/tensor_rows.h"

namespace xkv {
namespace {

using Segments = std::vector<simd::FactoredSegment>;

/// Positions that the row sees.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

int64_t countOf(const std::vector<StreamPiece>& pieces) {
  int64_t count = 0;
  for (const StreamPiece& piece : pieces) count += piece.rows.size(0);
  return count;
}

Range visibleTo(const OneRow& row, int64_t tokens) {
  const int64_t end = std::min(tokens, row.position + 1);
  return {row.window > 0 ? std::max<int64_t>(0, row.position + 1 - row.window) : 0, end};
}

bool isPlain(const std::vector<StreamPiece>& pieces, at::ScalarType type) {
  return std::ranges::all_of(pieces, [&](const StreamPiece& piece) {
    const auto fits = [&](const at::Tensor& x) {
      return hasPlainRows(x) && x.scalar_type() == type;
    };
    return fits(piece.rows) && (!piece.layer_factor.defined() || fits(piece.layer_factor));
  });
}

/// What of the pieces is within the range.
Segments segmentsOf(const std::vector<StreamPiece>& pieces, const Range& range) {
  Segments segments;
  int64_t first = 0;
  for (const StreamPiece& piece : pieces) {
    const int64_t count = piece.rows.size(0);
    const int64_t from = std::max<int64_t>(0, range.begin - first);
    const int64_t to = std::min(count, range.end - first);
    first += count;
    if (from >= to) continue;
    const Dtype dtype = dtypeOf(piece.rows.scalar_type());
    const bool dense = !piece.layer_factor.defined();
    segments.push_back(
        {.rows = simd::elementAt(piece.rows.const_data_ptr(), dtype, from * piece.rows.stride(0)),
         .layer_factor = dense ? nullptr : piece.layer_factor.const_data_ptr(),
         .count = to - from,
         .rank = dense ? 0 : piece.rows.size(1)});
  }
  return segments;
}

/// Both streams dense, and in pieces of the same lengths.
std::vector<simd::RowSegment> denseRows(const Segments& keys, const Segments& values) {
  std::vector<simd::RowSegment> rows;
  for (size_t i = 0; i < std::min(keys.size(), values.size()); ++i) {
    if (keys[i].layer_factor != nullptr || values[i].layer_factor != nullptr) return {};
    if (keys[i].count != values[i].count) return {};
    rows.push_back({keys[i].rows, values[i].rows, keys[i].count});
  }
  return keys.size() == values.size() ? rows : std::vector<simd::RowSegment>();
}

}  // namespace

bool isOneRow(const CacheForm& form, const at::Tensor& query) {
  const auto& [keys, values] = form.streams;
  const bool read_as_they_are = keys.query_begin == 0 && !keys.mixes && keys.norms.empty() &&
                                values.mixes && !values.scored() && !values.rotates &&
                                values.norms.empty();
  return read_as_they_are && query.size(0) == 1 && query.size(2) == keys.head_dim &&
         keys.width() == values.width() && hasPlainRows(query);
}

std::optional<at::Tensor> attendOneRow(const CacheForm& form, const OneRow& row,
                                       const LayerPieces& pieces, const RotaryTable& rotary) {
  const at::ScalarType type = row.query.scalar_type();
  if (!isPlain(pieces.keys, type) || !isPlain(pieces.values, type)) return std::nullopt;
  const Range seen = visibleTo(row, countOf(pieces.keys));
  const Segments keys = segmentsOf(pieces.keys, seen);
  const Segments values = segmentsOf(pieces.values, seen);
  const StreamForm& stream = form.streams[0];
  at::Tensor result = at::empty_like(row.query);
  if (const auto dense = denseRows(keys, values); !dense.empty()) {
    simd::rowAttention({.query = row.query.const_data_ptr(),
                        .num_heads = row.query.size(1),
                        .num_kv_heads = stream.num_heads,
                        .head_dim = stream.head_dim,
                        .dtype = dtypeOf(type),
                        .softmax_scale = form.softmax_scale,
                        .segments = dense,
                        .result = result.mutable_data_ptr()});
    return result;
  }
  const RotaryRows turns = rotary.rows(seen.begin, seen.end);
  simd::lowRankAttention({.query = row.query.const_data_ptr(),
                          .num_heads = row.query.size(1),
                          .num_kv_heads = stream.num_heads,
                          .head_dim = stream.head_dim,
                          .dtype = dtypeOf(type),
                          .softmax_scale = form.softmax_scale,
                          .keys = keys,
                          .values = values,
                          .cos = turns.cos,
                          .sin = turns.sin,
                          .interleaved = turns.interleaved,
                          .result = result.mutable_data_ptr()});
  return result;
}

}  // namespace xkv
