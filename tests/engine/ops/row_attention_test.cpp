// SPDX-License-Identifier: Apache-2.0
/// One-row attention against plain loops, whatever the sizes, element types and segments.
#include "engine/ops/simd/row_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/ops/simd/element.h"
#include "tests/engine/ops/elements.h"

namespace xkv::simd {
namespace {

using test::Elements;

constexpr Dtype kDtypes[] = {Dtype::fp32, Dtype::bf16, Dtype::fp16};

struct Shape {
  int64_t num_heads;
  int64_t num_kv_heads;
  int64_t head_dim;
};

/// Random rows in segments of these lengths.
struct Attention {
  Attention(const Shape& shape, const std::vector<int64_t>& lengths, Dtype dtype)
      : query(test::someElements(shape.num_heads * shape.head_dim, dtype, 1)),
        result(shape.num_heads * shape.head_dim, dtype) {
    const int64_t width = shape.num_kv_heads * shape.head_dim;
    uint64_t seed = 2;
    for (const int64_t length : lengths) {
      rows.push_back(test::someElements(length * width, dtype, seed++));
      rows.push_back(test::someElements(length * width, dtype, seed++));
    }
    for (size_t i = 0; i < lengths.size(); ++i) {
      segments.push_back({rows[2 * i].data(), rows[2 * i + 1].data(), lengths[i]});
    }
    args = {query.data(),   shape.num_heads, shape.num_kv_heads, shape.head_dim, dtype, 0.3,
            segments,       result.data()};
  }
  Elements query;
  Elements result;
  std::vector<Elements> rows;
  std::vector<RowSegment> segments;
  RowAttentionArgs args;
};

double offFromPlainLoops(const Shape& shape, const std::vector<int64_t>& lengths, Dtype dtype) {
  Attention fast(shape, lengths, dtype);
  Attention plain(shape, lengths, dtype);
  rowAttention(fast.args);
  portable::rowAttention(plain.args);
  return test::worstRelative(fast.result, plain.result);
}

TEST(RowAttention, EqualsPlainLoopsAtEveryShapeAndType) {
  for (const Dtype dtype : kDtypes) {
    const double limit = dtype == Dtype::fp32 ? 1e-5 : dtype == Dtype::bf16 ? 8e-3 : 1e-3;
    for (const Shape shape : {Shape{4, 4, 16}, Shape{8, 2, 64}, Shape{7, 1, 20}, Shape{6, 2, 9},
                              Shape{10, 2, 128}}) {
      for (const std::vector<int64_t>& lengths :
           {std::vector<int64_t>{1}, {63, 1}, {300, 17}, {5, 0, 700}}) {
        EXPECT_LT(offFromPlainLoops(shape, lengths, dtype), limit)
            << shape.num_heads << " heads of " << shape.head_dim;
      }
    }
  }
}

// Scores so far apart that weights of one block vanish beside those of another.
TEST(RowAttention, TopOfALaterBlockOutweighsTheRest) {
  Attention attention({1, 1, 8}, {400}, Dtype::fp32);
  for (int64_t i = 0; i < 8; ++i) {
    test::setElement(attention.query, i, 100);
    test::setElement(attention.rows[0], 390 * 8 + i, 50);
  }
  rowAttention(attention.args);
  const std::vector<float> values = attention.rows[1].floats();
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_FLOAT_EQ(attention.result.floats()[static_cast<size_t>(i)],
                    values[static_cast<size_t>(390 * 8 + i)]);
  }
}

TEST(RowAttention, KeyThatIsNoNumberShowsInItsHeadsOnly) {
  Attention attention({4, 2, 16}, {200}, Dtype::fp32);
  test::setElement(attention.rows[0], 70 * 32 + 3, std::numeric_limits<float>::quiet_NaN());
  rowAttention(attention.args);
  const std::vector<float> got = attention.result.floats();
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(std::isnan(got[i]), i < 32) << i;
}

}  // namespace
}  // namespace xkv::simd
