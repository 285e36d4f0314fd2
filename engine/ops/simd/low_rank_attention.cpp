// SPDX-License-Identifier: Apache-2.0
/// Attention of one query row over factors: keys rebuilt a block of tokens at a time, values absorbed.
#include "engine/ops/simd/low_rank_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/low_rank_kernels.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

constexpr int64_t kBlockTokens = BasisBlock::kRows;  // whose rows of A and keys stay in the second-level cache
constexpr int64_t kLeastTokens = 96;  // per thread

using Floats = std::vector<float>;

/// What a thread has of its tokens: sums over e^(score - top), for each query head.
struct Part {
  Floats top;       // (num_heads), largest scaled score
  Floats sum;       // (num_heads)
  Floats mixed;     // (num_heads, head_dim), of dense values
  Floats absorbed;  // (num_heads, width of all values' A)
};

int64_t roundedUp(int64_t count, int64_t step) { return (count + step - 1) / step * step; }

/// Calls work(segment index, from, to, place) for what of [begin, end) lies in each segment; place is the first
/// token's among all.
template <class Work>
void inSegments(std::span<const FactoredSegment> segments, int64_t begin, int64_t end,
                const Work& work) {
  int64_t first = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const int64_t from = std::max<int64_t>(0, begin - first);
    const int64_t to = std::min(segments[i].count, end - first);
    if (from < to) work(i, from, to, first + from);
    first += segments[i].count;
  }
}

/// One row's attention; its threads work on tokens of their own.
class LowRankAttention {
 public:
  explicit LowRankAttention(const LowRankAttentionArgs& args)
      : args_(args), query_(static_cast<size_t>(args.num_heads * args.head_dim)) {
    readElements(args.query, args.dtype, args.num_heads * args.head_dim, query_.data());
    for (const FactoredSegment& keys : args.keys) {
      factors_.push_back(keys.layer_factor == nullptr
                             ? PackedFactor()
                             : packFactor(keys.layer_factor, args.dtype, keys.rank,
                                          args.num_kv_heads, args.head_dim));
      tokens_ += keys.count;
    }
    for (const FactoredSegment& values : args.values) {
      if (values.layer_factor == nullptr) continue;
      value_factor_ = values.layer_factor;
      value_rank_ = std::max(value_rank_, values.rank);
    }
    absorbed_width_ = roundedUp(value_rank_, kernels::columnsOfTile());
  }

  void run() {
    const int64_t workers = std::clamp<int64_t>(tokens_ / kLeastTokens, 1, numWorkers());
    std::vector<Part> parts(static_cast<size_t>(workers));
    shareWork(workers, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        parts[static_cast<size_t>(i)] =
            attended(tokens_ * i / workers, tokens_ * (i + 1) / workers);
      }
    });
    Part whole = joined(parts);
    shareWork(args_.num_kv_heads, std::max<int64_t>(1, args_.num_kv_heads / numWorkers()),
              [&](int64_t begin, int64_t end) {
                for (int64_t kv_head = begin; kv_head < end; ++kv_head) write(kv_head, whole);
              });
  }

 private:
  Part noTokens() const {
    const auto heads = static_cast<size_t>(args_.num_heads);
    return {Floats(heads, -std::numeric_limits<float>::infinity()), Floats(heads),
            Floats(heads * static_cast<size_t>(args_.head_dim)),
            Floats(heads * static_cast<size_t>(absorbed_width_))};
  }

  Part attended(int64_t begin, int64_t end) const {
    Part part = noTokens();
    const int64_t stride = end - begin;
    Floats weights(static_cast<size_t>(args_.num_heads * stride));
    inSegments(args_.keys, begin, end, [&](size_t i, int64_t from, int64_t to, int64_t place) {
      score(i, from, to, place, weights.data() + place - begin, stride);
    });
    for (int64_t head = 0; head < args_.num_heads; ++head) {
      const auto h = static_cast<size_t>(head);
      kernels::weigh(weights.data() + head * stride, stride,
                     static_cast<float>(args_.softmax_scale), part.top[h], part.sum[h]);
    }
    inSegments(args_.values, begin, end, [&](size_t i, int64_t from, int64_t to, int64_t place) {
      mix(args_.values[i], from, to, weights.data() + place - begin, stride, part);
    });
    return part;
  }

  void score(size_t segment, int64_t from, int64_t to, int64_t place, float* scores,
             int64_t stride) const {
    const FactoredSegment& keys = args_.keys[segment];
    if (keys.layer_factor == nullptr) {
      const int64_t width = args_.num_kv_heads * args_.head_dim;
      kernels::scoreDense(args_, query_.data(), elementAt(keys.rows, args_.dtype, from * width),
                          to - from, scores, stride);
      return;
    }
    BasisBlock basis(factors_[segment], args_.dtype);
    for (int64_t token = from; token < to; token += kBlockTokens) {
      const int64_t count = std::min(kBlockTokens, to - token);
      basis.read(elementAt(keys.rows, args_.dtype, token * keys.rank), keys.rank, 0, count);
      kernels::scoreBlock(args_, query_.data(), factors_[segment], basis, place + token - from, count,
                          scores + token - from, stride);
    }
  }

  void mix(const FactoredSegment& values, int64_t from, int64_t to, const float* weights,
           int64_t stride, Part& part) const {
    if (values.layer_factor == nullptr) {
      const int64_t width = args_.num_kv_heads * args_.head_dim;
      const void* rows = elementAt(values.rows, args_.dtype, from * width);
      for (int64_t kv_head = 0; kv_head < args_.num_kv_heads; ++kv_head) {
        kernels::mixDense(args_, weights, stride, rows, to - from, kv_head, part.mixed.data());
      }
      return;
    }
    Floats basis(static_cast<size_t>(kBlockTokens * absorbed_width_));  // zeros behind the rank
    for (int64_t token = from; token < to; token += kBlockTokens) {
      const int64_t count = std::min(kBlockTokens, to - token);
      for (int64_t t = 0; t < count; ++t) {
        readElements(elementAt(values.rows, args_.dtype, (token + t) * values.rank), args_.dtype,
                     values.rank, basis.data() + t * absorbed_width_);
      }
      kernels::absorbBlock(args_.num_heads, weights + token - from, stride, basis.data(),
                           absorbed_width_, count, part.absorbed.data());
    }
  }

  /// Sums of all parts, each weighted by e^(its top - the largest).
  Part joined(const std::vector<Part>& parts) const {
    Part whole = noTokens();
    const auto add = [](Floats& sum, const Floats& more, size_t head, size_t heads, float by) {
      const size_t width = sum.size() / heads;
      for (size_t i = head * width; i < (head + 1) * width; ++i) sum[i] += by * more[i];
    };
    const size_t heads = whole.top.size();
    for (size_t head = 0; head < heads; ++head) {
      for (const Part& part : parts) whole.top[head] = std::max(whole.top[head], part.top[head]);
      for (const Part& part : parts) {
        const float by = std::exp(part.top[head] - whole.top[head]);
        add(whole.sum, part.sum, head, heads, by);
        add(whole.mixed, part.mixed, head, heads, by);
        add(whole.absorbed, part.absorbed, head, heads, by);
      }
    }
    return whole;
  }

  /// (mixed + absorbed B_l) / sum of the query heads of one KV head.
  void write(int64_t kv_head, Part& whole) const {
    if (value_rank_ > 0) {
      kernels::mixDense(args_, whole.absorbed.data(), absorbed_width_, value_factor_, value_rank_,
                        kv_head, whole.mixed.data());
    }
    const int64_t group = args_.num_heads / args_.num_kv_heads;
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      float* mixed = whole.mixed.data() + head * args_.head_dim;
      const float sum = whole.sum[static_cast<size_t>(head)];
      for (int64_t i = 0; i < args_.head_dim; ++i) mixed[i] /= sum;
      writeElements(mixed, args_.head_dim, args_.dtype,
                    elementAt(args_.result, args_.dtype, head * args_.head_dim));
    }
  }

  const LowRankAttentionArgs& args_;
  Floats query_;                       // (num_heads, head_dim)
  std::vector<PackedFactor> factors_;  // one per segment of keys; empty where it is dense
  int64_t tokens_ = 0;
  const void* value_factor_ = nullptr;
  int64_t value_rank_ = 0;
  int64_t absorbed_width_ = 0;
};

}  // namespace

void lowRankAttention(const LowRankAttentionArgs& args) { LowRankAttention(args).run(); }

}  // namespace xkv::simd
