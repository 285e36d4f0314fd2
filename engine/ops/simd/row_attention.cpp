// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over cached rows, in one pass over them.
#include "engine/ops/simd/row_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/partial_attention.h"
#include "engine/ops/simd/work_sharing.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/ops/simd/row_attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/ops/simd/attention_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

/// Joins the scores of a block's tokens to one head: they become weights relative to the head's top.
HWY_INLINE void joinScores(float* scores, int64_t count, float scale, int64_t dim, float& top,
                           float& sum, float* mixed) {
  const float largest = scale * *std::max_element(scores, scores + count);
  if (largest > top) {
    const float faded = std::exp(top - largest);
    sum *= faded;
    for (int64_t i = 0; i < dim; ++i) mixed[i] *= faded;
    top = largest;
  }
  sum += exponentials(scores, count, scale, top);
}

/// Keys and values of `count` tokens, at most a block; next: of as many behind them, or null. Those are asked for in the
/// order of memory, a part with each KV head: heads of one token after the other is an order that memory is slow in.
template <class T>
struct TokenBlock {
  const T* keys;
  const T* values;
  const T* next_keys;
  const T* next_values;
  int64_t count;
};

/// For all heads.
template <class T>
void attendBlock(const RowAttentionArgs& args, const float* query, const TokenBlock<T>& block,
                 PartialAttention& part) {
  const int64_t dim = args.head_dim;
  const int64_t group = args.num_heads / args.num_kv_heads;
  const int64_t row = args.num_kv_heads * dim;
  std::vector<float> scores(static_cast<size_t>(group * kBlockTokens));
  const auto part_of = [&](const T* next, int64_t kv_head) {
    return next == nullptr ? nullptr : next + kv_head * block.count * dim;
  };
  for (int64_t kv_head = 0; kv_head < args.num_kv_heads; ++kv_head) {
    const int64_t first = kv_head * group;
    groupScores(query + first * dim, group, dim, block.keys + kv_head * dim, row, block.count,
                scores.data(), kBlockTokens, part_of(block.next_keys, kv_head));
    for (int64_t q = 0; q < group; ++q) {
      const auto head = static_cast<size_t>(first + q);
      joinScores(scores.data() + q * kBlockTokens, block.count, static_cast<float>(args.softmax_scale),
                 dim, part.top[head], part.sum[head], part.mixed.data() + (first + q) * dim);
    }
    groupMix(scores.data(), kBlockTokens, group, block.values + kv_head * dim, row, block.count, dim,
             part.mixed.data() + first * dim, part_of(block.next_values, kv_head));
  }
}

/// Tokens [begin, end) of one segment.
void attendTokens(const RowAttentionArgs& args, const float* query, const RowSegment& segment,
                  int64_t begin, int64_t end, PartialAttention& part) {
  const int64_t row = args.num_kv_heads * args.head_dim;
  withElements(segment.keys, args.dtype, [&](const auto* keys) {
    const auto* values = static_cast<decltype(keys)>(segment.values);
    using Element = std::remove_cvref_t<decltype(*keys)>;
    for (int64_t token = begin; token < end; token += kBlockTokens) {
      const int64_t next = token + kBlockTokens;
      const bool is_whole = next + kBlockTokens <= end;
      attendBlock<Element>(args, query,
                           {.keys = keys + token * row,
                            .values = values + token * row,
                            .next_keys = is_whole ? keys + next * row : nullptr,
                            .next_values = is_whole ? values + next * row : nullptr,
                            .count = std::min(kBlockTokens, end - token)},
                           part);
    }
  });
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace xkv::simd {

HWY_EXPORT(attendTokens);

namespace {

constexpr int64_t kLeastTokens = 128;  // per thread

PartialAttention noTokens(const RowAttentionArgs& args) {
  const auto heads = static_cast<size_t>(args.num_heads);
  return {.top = std::vector<float>(heads, -std::numeric_limits<float>::infinity()),
          .sum = std::vector<float>(heads),
          .mixed = std::vector<float>(heads * static_cast<size_t>(args.head_dim))};
}

/// Tokens [begin, end) of all segments together.
PartialAttention attended(const RowAttentionArgs& args, const float* query, int64_t begin,
                          int64_t end) {
  PartialAttention part = noTokens(args);
  int64_t first = 0;
  for (const RowSegment& segment : args.segments) {
    const int64_t from = std::max<int64_t>(0, begin - first);
    const int64_t to = std::min(segment.count, end - first);
    if (from < to) HWY_DYNAMIC_DISPATCH(attendTokens)(args, query, segment, from, to, part);
    first += segment.count;
  }
  return part;
}

/// One head of all parts, each weighted by e^(its top - the largest).
void joinHead(const std::vector<PartialAttention>& parts, int64_t head, std::vector<float>& mixed) {
  const auto h = static_cast<size_t>(head);
  const size_t dim = mixed.size();
  float top = -std::numeric_limits<float>::infinity();
  for (const PartialAttention& part : parts) top = std::max(top, part.top[h]);
  float sum = 0;
  std::ranges::fill(mixed, 0.0F);
  for (const PartialAttention& part : parts) {
    if (part.sum[h] == 0) continue;  // it had no token
    const float weight = std::exp(part.top[h] - top);
    sum += weight * part.sum[h];
    for (size_t i = 0; i < dim; ++i) mixed[i] += weight * part.mixed[h * dim + i];
  }
  for (float& x : mixed) x /= sum;
}

}  // namespace

void rowAttention(const RowAttentionArgs& args) {
  std::vector<float> query(static_cast<size_t>(args.num_heads * args.head_dim));
  readElements(args.query, args.dtype, args.num_heads * args.head_dim, query.data());
  int64_t tokens = 0;
  for (const RowSegment& segment : args.segments) tokens += segment.count;
  const int64_t workers = std::clamp<int64_t>(tokens / kLeastTokens, 1, numWorkers());
  std::vector<PartialAttention> parts(static_cast<size_t>(workers));
  shareWork(workers, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      parts[static_cast<size_t>(i)] = attended(args, query.data(), tokens * i / workers,
                                               tokens * (i + 1) / workers);
    }
  });
  std::vector<float> mixed(static_cast<size_t>(args.head_dim));
  for (int64_t head = 0; head < args.num_heads; ++head) {
    joinHead(parts, head, mixed);
    writeElements(mixed.data(), args.head_dim, args.dtype,
                  elementAt(args.result, args.dtype, head * args.head_dim));
  }
}

}  // namespace xkv::simd
#endif  // HWY_ONCE
