// SPDX-License-Identifier: Apache-2.0
/// Attention over factors against plain loops that rebuild every row, whatever is factored and whatever is dense.
#include "engine/ops/simd/low_rank_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/ops/simd/element.h"
#include "tests/engine/ops/elements.h"

namespace xkv::simd {
namespace {

using test::Elements;

struct Shape {
  int64_t num_heads;
  int64_t num_kv_heads;
  int64_t head_dim;
};

/// rank 0 = dense.
struct Piece {
  int64_t count;
  int64_t rank;
};

class Factored {
 public:
  Factored(const Shape& shape, const std::vector<Piece>& keys, const std::vector<Piece>& values,
           Dtype dtype)
      : shape_(shape),
        dtype_(dtype),
        query_(test::someElements(shape.num_heads * shape.head_dim, dtype, 1)),
        result_(shape.num_heads * shape.head_dim, dtype) {
    int64_t tokens = 0;
    for (const Piece& piece : keys) tokens += piece.count;
    for (int64_t i = 0; i < tokens * shape.head_dim / 2; ++i) {
      cos_.push_back(std::cos(0.01F * static_cast<float>(i)));
      sin_.push_back(std::sin(0.01F * static_cast<float>(i)));
    }
    stored_.reserve(2 * (keys.size() + 1) + 2 * (values.size() + 1));
    keys_ = segmentsOf(keys, 2);
    values_ = segmentsOf(values, 50);
  }

  std::vector<float> attended(bool fast, bool interleaved = false) {
    const LowRankAttentionArgs args{.query = query_.data(),
                                    .num_heads = shape_.num_heads,
                                    .num_kv_heads = shape_.num_kv_heads,
                                    .head_dim = shape_.head_dim,
                                    .dtype = dtype_,
                                    .softmax_scale = 0.2,
                                    .keys = keys_,
                                    .values = values_,
                                    .cos = cos_.data(),
                                    .sin = sin_.data(),
                                    .interleaved = interleaved,
                                    .result = result_.data()};
    fast ? lowRankAttention(args) : portable::lowRankAttention(args);
    return result_.floats();
  }

  double offFromPlainLoops(bool interleaved = false) {
    const std::vector<float> fast = attended(true, interleaved);
    const std::vector<float> plain = attended(false, interleaved);
    double off = 0;
    double largest = 0;
    for (size_t i = 0; i < fast.size(); ++i) {
      off = std::max(off, std::fabs(double{fast[i]} - double{plain[i]}));
      largest = std::max(largest, std::fabs(double{plain[i]}));
      if (std::isnan(fast[i]) != std::isnan(plain[i])) return std::numeric_limits<double>::infinity();
    }
    return off / largest;
  }

  Elements& stored(size_t i) { return stored_[i]; }

 private:
  /// All factored pieces share one B_l, of which each uses as many rows as its rank is.
  std::vector<FactoredSegment> segmentsOf(const std::vector<Piece>& pieces, uint64_t seed) {
    const int64_t width = shape_.num_kv_heads * shape_.head_dim;
    int64_t most_rank = 0;
    for (const Piece& piece : pieces) most_rank = std::max(most_rank, piece.rank);
    stored_.push_back(test::someElements(most_rank * width, dtype_, seed));
    const void* factor = stored_.back().data();
    std::vector<FactoredSegment> segments;
    for (const Piece& piece : pieces) {
      const int64_t columns = piece.rank > 0 ? piece.rank : width;
      stored_.push_back(test::someElements(piece.count * columns, dtype_, ++seed));
      segments.push_back({stored_.back().data(), piece.rank > 0 ? factor : nullptr, piece.count,
                          piece.rank});
    }
    return segments;
  }

  Shape shape_;
  Dtype dtype_;
  Elements query_;
  Elements result_;
  std::vector<Elements> stored_;
  std::vector<FactoredSegment> keys_;
  std::vector<FactoredSegment> values_;
  std::vector<float> cos_;
  std::vector<float> sin_;
};

TEST(LowRankAttention, EqualsPlainLoopsAtEveryShapeAndType) {
  for (const Dtype dtype : {Dtype::fp32, Dtype::bf16, Dtype::fp16}) {
    const double limit = dtype == Dtype::fp32 ? 2e-5 : dtype == Dtype::bf16 ? 8e-3 : 1e-3;
    for (const Shape shape : {Shape{4, 2, 16}, Shape{8, 2, 64}, Shape{3, 1, 20}, Shape{2, 2, 6}}) {
      for (const int64_t rank : {1, 24, 40}) {
        for (const int64_t tokens : {1, 47, 48, 500}) {
          Factored factored(shape, {{tokens, rank}, {3, 0}}, {{tokens, rank + 5}, {3, 0}}, dtype);
          EXPECT_LT(factored.offFromPlainLoops(), limit)
              << tokens << " tokens, rank " << rank << ", " << shape.head_dim << " wide";
        }
      }
    }
  }
}

TEST(LowRankAttention, OneStreamMayBeDense) {
  const Shape shape{4, 2, 32};
  EXPECT_LT(Factored(shape, {{310, 0}}, {{310, 30}}, Dtype::fp32).offFromPlainLoops(), 2e-5);
  EXPECT_LT(Factored(shape, {{310, 30}}, {{310, 0}}, Dtype::fp32).offFromPlainLoops(), 2e-5);
}

// As re-compressed segments of new tokens are: other lengths per stream, and ranks that grew.
TEST(LowRankAttention, SegmentsUseTheRowsOfTheFactorThatTheyHave) {
  Factored factored({6, 2, 16}, {{200, 20}, {64, 26}, {9, 0}}, {{200, 31}, {32, 31}, {41, 0}},
                    Dtype::fp32);
  EXPECT_LT(factored.offFromPlainLoops(), 2e-5);
}

TEST(LowRankAttention, InterleavedPairsRotate) {
  Factored factored({4, 2, 24}, {{130, 16}}, {{130, 16}}, Dtype::fp32);
  EXPECT_LT(factored.offFromPlainLoops(true), 2e-5);
  EXPECT_NE(factored.attended(true, true), factored.attended(true, false));
}

TEST(LowRankAttention, BasisThatIsNoNumberShows) {
  Factored factored({2, 1, 16}, {{100, 8}}, {{100, 8}}, Dtype::fp32);
  test::setElement(factored.stored(1), 70 * 8, std::numeric_limits<float>::quiet_NaN());
  for (const float x : factored.attended(true)) EXPECT_TRUE(std::isnan(x));
}

}  // namespace
}  // namespace xkv::simd
