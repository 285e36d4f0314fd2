// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over cached rows, as plain loops.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/row_attention.h"

namespace xkv::simd::portable {
namespace {

using Floats = std::vector<float>;

/// One head of one token's keys or values.
Floats headOf(const RowAttentionArgs& args, const void* rows, int64_t token, int64_t kv_head) {
  Floats head(static_cast<size_t>(args.head_dim));
  const int64_t first = (token * args.num_kv_heads + kv_head) * args.head_dim;
  readElements(elementAt(rows, args.dtype, first), args.dtype, args.head_dim, head.data());
  return head;
}

float dot(const Floats& a, const Floats& b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Floats attendHead(const RowAttentionArgs& args, const Floats& query, int64_t kv_head) {
  Floats scores;
  for (const RowSegment& segment : args.segments) {
    for (int64_t token = 0; token < segment.count; ++token) {
      scores.push_back(static_cast<float>(args.softmax_scale) *
                       dot(query, headOf(args, segment.keys, token, kv_head)));
    }
  }
  float top = -std::numeric_limits<float>::infinity();
  for (const float score : scores) top = std::max(top, score);
  Floats mixed(query.size());
  float sum = 0;
  size_t place = 0;
  for (const RowSegment& segment : args.segments) {
    for (int64_t token = 0; token < segment.count; ++token) {
      const float weight = std::exp(scores[place++] - top);
      const Floats values = headOf(args, segment.values, token, kv_head);
      for (size_t i = 0; i < mixed.size(); ++i) mixed[i] += weight * values[i];
      sum += weight;
    }
  }
  for (float& x : mixed) x /= sum;
  return mixed;
}

}  // namespace

void rowAttention(const RowAttentionArgs& args) {
  const int64_t group = args.num_heads / args.num_kv_heads;
  for (int64_t head = 0; head < args.num_heads; ++head) {
    Floats query(static_cast<size_t>(args.head_dim));
    const int64_t first = head * args.head_dim;
    readElements(elementAt(args.query, args.dtype, first), args.dtype, args.head_dim,
                 query.data());
    writeElements(attendHead(args, query, head / group).data(), args.head_dim, args.dtype,
                  elementAt(args.result, args.dtype, first));
  }
}

}  // namespace xkv::simd::portable
