// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over factors, as plain loops: rows are rebuilt, and then attended to.
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/low_rank_attention.h"
#include "engine/ops/simd/rotary.h"
#include "engine/ops/simd/row_attention.h"

namespace xkv::simd::portable {
namespace {

using Floats = std::vector<float>;

Floats floatsOf(const void* data, Dtype dtype, int64_t count) {
  Floats floats(static_cast<size_t>(count));
  readElements(data, dtype, count, floats.data());
  return floats;
}

/// A B_l, (count, width).
Floats rebuilt(const FactoredSegment& segment, Dtype dtype, int64_t width) {
  const Floats a = floatsOf(segment.rows, dtype, segment.count * segment.rank);
  const Floats b = floatsOf(segment.layer_factor, dtype, segment.rank * width);
  Floats rows(static_cast<size_t>(segment.count * width));
  for (int64_t token = 0; token < segment.count; ++token) {
    for (int64_t k = 0; k < segment.rank; ++k) {
      const float x = a[static_cast<size_t>(token * segment.rank + k)];
      for (int64_t i = 0; i < width; ++i) {
        rows[static_cast<size_t>(token * width + i)] += x * b[static_cast<size_t>(k * width + i)];
      }
    }
  }
  return rows;
}

void rotateFrom(const LowRankAttentionArgs& args, int64_t first, int64_t count, Floats& rows) {
  const int64_t pairs = args.head_dim / 2;
  rotate({.x = rows.data(),
          .result = rows.data(),
          .dtype = Dtype::fp32,
          .rows = count,
          .row_stride = args.num_kv_heads * args.head_dim,
          .heads = args.num_kv_heads,
          .dim = args.head_dim,
          .interleaved = args.interleaved,
          .cos = args.cos + first * pairs,
          .sin = args.sin + first * pairs});
}

/// All rows of a stream in fp32.
Floats wholeStream(const LowRankAttentionArgs& args, std::span<const FactoredSegment> segments,
                   bool rotates) {
  const int64_t width = args.num_kv_heads * args.head_dim;
  Floats all;
  int64_t first = 0;
  for (const FactoredSegment& segment : segments) {
    const bool dense = segment.layer_factor == nullptr;
    Floats rows = dense ? floatsOf(segment.rows, args.dtype, segment.count * width)
                        : rebuilt(segment, args.dtype, width);
    if (!dense && rotates) rotateFrom(args, first, segment.count, rows);
    all.insert(all.end(), rows.begin(), rows.end());
    first += segment.count;
  }
  return all;
}

}  // namespace

void lowRankAttention(const LowRankAttentionArgs& args) {
  const Floats keys = wholeStream(args, args.keys, true);
  const Floats values = wholeStream(args, args.values, false);
  const Floats query = floatsOf(args.query, args.dtype, args.num_heads * args.head_dim);
  const int64_t width = args.num_kv_heads * args.head_dim;
  const RowSegment rows{keys.data(), values.data(), static_cast<int64_t>(keys.size()) / width};
  Floats result(query.size());
  rowAttention({.query = query.data(),
                .num_heads = args.num_heads,
                .num_kv_heads = args.num_kv_heads,
                .head_dim = args.head_dim,
                .dtype = Dtype::fp32,
                .softmax_scale = args.softmax_scale,
                .segments = {&rows, 1},
                .result = result.data()});
  writeElements(result.data(), static_cast<int64_t>(result.size()), args.dtype, args.result);
}

}  // namespace xkv::simd::portable
