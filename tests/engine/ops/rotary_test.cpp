// SPDX-License-Identifier: Apache-2.0
/// RoPE of rows against its formula in fp64.
#include "engine/ops/simd/rotary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/ops/simd/element.h"
#include "tests/engine/ops/elements.h"

namespace xkv::simd {
namespace {

using test::Elements;

struct Layout {
  int64_t rows;
  int64_t heads;
  int64_t dim;
  int64_t stride;
  bool interleaved;
};

TEST(Rotary, TurnsEachPairByItsAngle) {
  for (const Dtype dtype : {Dtype::fp32, Dtype::bf16, Dtype::fp16}) {
    const double limit = dtype == Dtype::fp32 ? 1e-6 : dtype == Dtype::bf16 ? 2e-2 : 3e-3;
    for (const Layout& of : {Layout{1, 3, 16, 48, false}, Layout{700, 2, 10, 31, false},
                             Layout{700, 2, 10, 31, true}, Layout{5, 1, 2, 2, true}}) {
      const Elements x = test::someElements(of.rows * of.stride, dtype, 1);
      Elements result(of.rows * of.heads * of.dim, dtype);
      const int64_t pairs = of.dim / 2;
      std::vector<float> cos;
      std::vector<float> sin;
      for (int64_t i = 0; i < of.rows * pairs; ++i) {
        cos.push_back(std::cos(0.1F * static_cast<float>(i)));
        sin.push_back(std::sin(0.1F * static_cast<float>(i)));
      }
      rotate({x.data(), result.data(), dtype, of.rows, of.stride, of.heads, of.dim,
              of.interleaved, cos.data(), sin.data()});
      const std::vector<float> from = x.floats();
      const std::vector<float> got = result.floats();
      for (int64_t row = 0; row < of.rows; ++row) {
        for (int64_t place = 0; place < of.heads * pairs; ++place) {
          const int64_t head = place / pairs * of.dim;
          const int64_t pair = place % pairs;
          const int64_t a = head + (of.interleaved ? 2 * pair : pair);
          const int64_t b = head + (of.interleaved ? 2 * pair + 1 : pairs + pair);
          const auto at = [&](int64_t i) { return double{from[static_cast<size_t>(row * of.stride + i)]}; };
          const auto made = [&](int64_t i) {
            return double{got[static_cast<size_t>(row * of.heads * of.dim + i)]};
          };
          const double c = cos[static_cast<size_t>(row * pairs + pair)];
          const double s = sin[static_cast<size_t>(row * pairs + pair)];
          ASSERT_NEAR(made(a), at(a) * c - at(b) * s, limit);
          ASSERT_NEAR(made(b), at(b) * c + at(a) * s, limit);
        }
      }
    }
  }
}

}  // namespace
}  // namespace xkv::simd
