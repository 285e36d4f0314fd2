// SPDX-License-Identifier: Apache-2.0
/// Causal attention of a prompt's bf16 rows by bf16 dot products.
#include "engine/ops/simd/prompt_attention.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "engine/ops/simd/bf16_panels.h"
#include "engine/ops/simd/bf16_tile.h"
#include "engine/ops/simd/element.h"
#include "engine/ops/simd/work_sharing.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/ops/simd/prompt_attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/ops/simd/attention_inl.h"

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

constexpr int64_t kQueriesAtOnce = Bf16Panels::kColumns;
constexpr float kHiddenScore = -1e30F;

using Bits = hn::RebindToUnsigned<Floats>;

/// Scores that a query does not see become hidden; first_key and first_query are positions.
void hideUnseen(float* scores, int64_t num_keys, int64_t first_key, int64_t first_query, int64_t window) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVec hidden = hn::Set(d, kHiddenScore);
  for (int64_t key = 0; key < num_keys; ++key) {
    // Query i sees the key from i = ahead on, and within a window before i = ahead + window.
    const int64_t ahead = first_key + key - first_query;
    const bool all_see = ahead <= 0 && (window == 0 || ahead + window >= kQueriesAtOnce);
    if (all_see) continue;
    const FloatVec begin = hn::Set(d, static_cast<float>(ahead));
    const FloatVec end = hn::Set(d, static_cast<float>(window == 0 ? kQueriesAtOnce : ahead + window));
    for (int64_t i = 0; i < kQueriesAtOnce; i += lanes) {
      float* at = scores + key * kQueriesAtOnce + i;
      const FloatVec query = hn::Iota(d, static_cast<float>(i));
      const auto sees = hn::And(hn::Ge(query, begin), hn::Lt(query, end));
      hn::StoreU(hn::IfThenElse(sees, hn::LoadU(d, at), hidden), d, at);
    }
  }
}

/// Bits of a bf16, in the upper half, nearest to x and even in between.
HWY_INLINE hn::Vec<Bits> roundedBits(FloatVec x) {
  const Bits bits;
  const auto raw = hn::BitCast(bits, x);
  const auto odd = hn::And(hn::ShiftRight<16>(raw), hn::Set(bits, 1u));
  const auto rounded = hn::Add(raw, hn::Add(odd, hn::Set(bits, 0x7FFFu)));
  return hn::And(rounded, hn::Set(bits, 0xFFFF0000u));
}

/// Scores (num_keys, 48) become weights e^(scale score - top) in bf16 pairs of keys, and join the tops and sums of their
/// queries; fades get what holds for what was joined before.
void weighKeys(const float* scores, int64_t num_keys, float scale, float* tops, float* sums, float* fades,
               uint32_t* weights) {
  const Floats d;
  const Bits bits;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVec scales = hn::Set(d, scale);
  for (int64_t i = 0; i < kQueriesAtOnce; i += lanes) {
    const float* column = scores + i;
    FloatVec largest = hn::LoadU(d, column);
    for (int64_t key = 1; key < num_keys; ++key) {
      largest = hn::Max(largest, hn::LoadU(d, column + key * kQueriesAtOnce));
    }
    const FloatVec old_top = hn::LoadU(d, tops + i);
    const FloatVec top = hn::Max(old_top, hn::Mul(largest, scales));
    const FloatVec fade = expOf(d, hn::Sub(old_top, top));
    hn::StoreU(top, d, tops + i);
    hn::StoreU(fade, d, fades + i);
    FloatVec sum = hn::Mul(hn::LoadU(d, sums + i), fade);
    const auto weigh = [&](int64_t key) HWY_ATTR {
      const FloatVec score = hn::LoadU(d, column + key * kQueriesAtOnce);
      const auto weight = roundedBits(expOf(d, hn::MulSub(score, scales, top)));
      sum = hn::Add(sum, hn::BitCast(d, weight));
      return weight;
    };
    uint32_t* pairs = weights + i;
    int64_t key = 0;
    for (; key + 1 < num_keys; key += 2, pairs += kQueriesAtOnce) {
      const auto first = hn::ShiftRight<16>(weigh(key));
      hn::StoreU(hn::Or(weigh(key + 1), first), bits, pairs);
    }
    if (key < num_keys) hn::StoreU(hn::ShiftRight<16>(weigh(key)), bits, pairs);
    hn::StoreU(sum, d, sums + i);
  }
}

/// rows (count, 48) *= factors (48)
void scaleRows(float* rows, int64_t count, const float* factors) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < kQueriesAtOnce; i += lanes) {
    const FloatVec factor = hn::LoadU(d, factors + i);
    for (int64_t row = 0; row < count; ++row) {
      float* at = rows + row * kQueriesAtOnce + i;
      hn::StoreU(hn::Mul(hn::LoadU(d, at), factor), d, at);
    }
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace xkv::simd {

HWY_EXPORT(hideUnseen);
HWY_EXPORT(weighKeys);
HWY_EXPORT(scaleRows);

namespace {

constexpr int64_t kRows = Bf16Tile::kRows;
constexpr int64_t kColumns = Bf16Tile::kColumns;
constexpr int64_t kKeysAtOnce = 5 * kColumns;

/// Panels and their memory.
struct OwnPanels {
  OwnPanels(int64_t depth, int64_t columns)
      : memory(std::make_unique_for_overwrite<uint32_t[]>(
            static_cast<size_t>(Bf16Panels::lengthFor(depth, columns)))),
        panels{memory.get(), depth, columns} {}
  std::unique_ptr<uint32_t[]> memory;
  Bf16Panels panels;
};

/// Of one KV head.
struct PackedHead {
  OwnPanels keys;    // columns are keys
  OwnPanels values;  // rows are keys
};

const void* headOf(const HeadElements& elements, int64_t token, int64_t head) {
  return elementAt(elements.data, Dtype::bf16, token * elements.token_stride + head * elements.head_stride);
}

PackedHead packHead(const PromptAttentionArgs& args, int64_t kv_head) {
  PackedHead packed{OwnPanels(args.key_dim, args.num_keys), OwnPanels(args.num_keys, args.value_dim)};
  packRows(headOf(args.keys, 0, kv_head), args.keys.token_stride, 0, args.num_keys, packed.keys.panels);
  packColumns(headOf(args.values, 0, kv_head), args.values.token_stride, 0, args.value_dim,
              packed.values.panels);
  return packed;
}

/// 48 queries of one head, from query `first` on.
class QueryBlock {
 public:
  explicit QueryBlock(const PromptAttentionArgs& args)
      : args_(args),
        queries_(args.key_dim, kColumns),
        scores_(static_cast<size_t>(kKeysAtOnce * kColumns)),
        weights_(static_cast<size_t>(kKeysAtOnce / 2 * kColumns)),
        mixed_(static_cast<size_t>((args.value_dim + kRows - 1) / kRows * kRows * kColumns)) {}

  void attend(const PackedHead& packed, int64_t head, int64_t first) {
    const int64_t count = std::min(kColumns, args_.num_queries - first);
    const int64_t position = args_.num_keys - args_.num_queries + first;
    queries_.panels.columns = count;
    packRows(headOf(args_.queries, first, head), args_.queries.token_stride, 0, count, queries_.panels);
    std::fill_n(tops_, kColumns, std::numeric_limits<float>::lowest());
    std::fill_n(sums_, kColumns, 0.0F);
    std::ranges::fill(mixed_, 0.0F);
    const int64_t seen = args_.window > 0 ? std::max<int64_t>(0, position - args_.window + 1) : 0;
    for (int64_t key = seen / kKeysAtOnce * kKeysAtOnce; key < position + count; key += kKeysAtOnce) {
      joinKeys(packed, key, std::min(kKeysAtOnce, position + count - key), position);
    }
    store(head, first, count);
  }

 private:
  void joinKeys(const PackedHead& packed, int64_t first_key, int64_t count, int64_t position) {
    const Bf16Panels& keys = packed.keys.panels;
    for (int64_t key = 0; key < count; key += kRows) {
      const int64_t column = first_key + key;
      tile_.store(keys.panel(column / kColumns) + column % kColumns, queries_.panels.pairs, keys.numPairs(),
                  scores_.data() + key * kColumns);
    }
    HWY_DYNAMIC_DISPATCH(hideUnseen)(scores_.data(), count, first_key, position, args_.window);
    float fades[kColumns];
    HWY_DYNAMIC_DISPATCH(weighKeys)
    (scores_.data(), count, static_cast<float>(args_.softmax_scale), tops_, sums_, fades, weights_.data());
    HWY_DYNAMIC_DISPATCH(scaleRows)(mixed_.data(), args_.value_dim, fades);
    const Bf16Panels& values = packed.values.panels;
    for (int64_t i = 0; i < args_.value_dim; i += kRows) {
      tile_.add(values.panel(i / kColumns) + first_key / 2 * kColumns + i % kColumns, weights_.data(),
                (count + 1) / 2, mixed_.data() + i * kColumns);
    }
  }

  void store(int64_t head, int64_t first, int64_t count) const {
    std::vector<float> row(static_cast<size_t>(args_.value_dim));
    for (int64_t query = 0; query < count; ++query) {
      for (size_t i = 0; i < row.size(); ++i) {
        row[i] = mixed_[i * kColumns + static_cast<size_t>(query)] / sums_[query];
      }
      writeElements(row.data(), args_.value_dim, Dtype::bf16,
                    elementAt(args_.result, Dtype::bf16,
                              ((first + query) * args_.num_heads + head) * args_.value_dim));
    }
  }

  const PromptAttentionArgs& args_;
  const Bf16Tile& tile_ = bf16Tile();
  OwnPanels queries_;
  std::vector<float> scores_;      // (keys, 48 queries)
  std::vector<uint32_t> weights_;  // (pairs of keys, 48 queries)
  std::vector<float> mixed_;       // (value_dim, 48 queries): not yet over the sums
  float tops_[kColumns];
  float sums_[kColumns];
};

}  // namespace

void promptAttention(const PromptAttentionArgs& args) {
  const int64_t group = args.num_heads / args.num_kv_heads;
  const int64_t blocks = (args.num_queries + kColumns - 1) / kColumns;
  for (int64_t kv_head = 0; kv_head < args.num_kv_heads; ++kv_head) {
    const PackedHead packed = packHead(args, kv_head);
    std::atomic<int64_t> next = 0;
    shareWork(numWorkers(), 1, [&](int64_t, int64_t) {
      QueryBlock block(args);
      for (int64_t i = next++; i < blocks * group; i = next++) {
        // The last queries see the most: they come first, so that threads end together.
        block.attend(packed, kv_head * group + i % group, (blocks - 1 - i / group) * kColumns);
      }
    });
  }
}

}  // namespace xkv::simd
#endif  // HWY_ONCE
