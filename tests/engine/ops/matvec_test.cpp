// SPDX-License-Identifier: Apache-2.0
/// One-row products against plain loops, whatever the sizes, element types and addresses.
#include "engine/ops/simd/matvec.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "engine/ops/simd/element.h"
#include "tests/engine/ops/elements.h"

namespace xkv::simd {
namespace {

using test::Elements;

constexpr Dtype kDtypes[] = {Dtype::fp32, Dtype::bf16, Dtype::fp16};

/// Three weights of one x, as q, k and v are.
struct Products {
  Products(int64_t in, std::array<int64_t, 3> outs, Dtype weight_dtype, Dtype x_dtype)
      : x(test::someElements(in, x_dtype, 1)) {
    for (size_t i = 0; i < outs.size(); ++i) {
      weights[i] = test::someElements(outs[i] * in, weight_dtype, 2 + i);
      biases[i] = test::someElements(outs[i], weight_dtype, 8 + i);
      results[i] = Elements(outs[i], Dtype::fp32);
      entries[i] = {weights[i].data(), i == 1 ? nullptr : biases[i].data(), outs[i],
                    results[i].data()};
    }
    args = {x.data(), x_dtype, in, weight_dtype, Dtype::fp32, entries};
  }
  Elements x;
  std::array<Elements, 3> weights;
  std::array<Elements, 3> biases;
  std::array<Elements, 3> results;
  std::array<MatvecWeight, 3> entries;
  MatvecArgs args;
};

TEST(Matvec, EqualsPlainLoopsAtEverySizeAndType) {
  for (const Dtype weight_dtype : kDtypes) {
    for (const Dtype x_dtype : kDtypes) {
      for (const int64_t in : {1, 7, 16, 33, 100, 1024, 1031}) {
        Products fast(in, {67, 1, 130}, weight_dtype, x_dtype);
        Products plain(in, {67, 1, 130}, weight_dtype, x_dtype);
        matvec(fast.args);
        portable::matvec(plain.args);
        for (size_t i = 0; i < 3; ++i) {
          EXPECT_LT(test::worstRelative(fast.results[i], plain.results[i]), 2e-5)
              << "in " << in << ", weight " << i;
        }
      }
    }
  }
}

TEST(Matvec, GatedProductEqualsPlainLoops) {
  for (const Dtype dtype : kDtypes) {
    for (const int64_t in : {5, 64, 515}) {
      Products fast(in, {150, 150, 1}, dtype, dtype);
      Products plain(in, {150, 150, 1}, dtype, dtype);
      gatedMatvec(fast.args);
      portable::gatedMatvec(plain.args);
      EXPECT_LT(test::worstRelative(fast.results[0], plain.results[0]), 2e-5) << "in " << in;
    }
  }
}

// Far enough to both sides that exp overflows or vanishes.
TEST(Matvec, GateOfLargeProducts) {
  for (const float g : {-200.0F, -30.0F, 0.0F, 30.0F, 200.0F}) {
    const float x = 1;
    const float up = 2;
    float result = -1;
    const std::array<MatvecWeight, 2> weights{{{&g, nullptr, 1, &result}, {&up, nullptr, 1, nullptr}}};
    gatedMatvec({&x, Dtype::fp32, 1, Dtype::fp32, Dtype::fp32, weights});
    EXPECT_NEAR(result, 2 * g / (1 + std::exp(-g)), 1e-5F * std::fabs(g)) << g;
  }
}

TEST(Matvec, AddressesNeedNoMoreThanTheElementsAlignment) {
  for (const Dtype dtype : kDtypes) {
    const int64_t in = 64;
    const Elements padded = test::someElements(in * 9 + 1, dtype, 3);
    const Elements x = test::someElements(in + 1, dtype, 4);
    Elements fast(9, Dtype::fp32);
    Elements plain(9, Dtype::fp32);
    MatvecWeight weight{elementAt(padded.data(), dtype, 1), nullptr, 9, fast.data()};
    MatvecArgs args{elementAt(x.data(), dtype, 1), dtype, in, dtype, Dtype::fp32, {&weight, 1}};
    matvec(args);
    weight.result = plain.data();
    portable::matvec(args);
    EXPECT_LT(test::worstRelative(fast, plain), 1e-5);
  }
}

TEST(Matvec, ResultIsRoundedToNearestOnce) {
  for (const Dtype result_dtype : {Dtype::bf16, Dtype::fp16}) {
    Products exact(100, {40, 1, 1}, Dtype::bf16, Dtype::bf16);
    matvec(exact.args);
    Elements expected(40, result_dtype);
    writeElements(exact.results[0].floats().data(), 40, result_dtype, expected.data());
    Products rounded(100, {40, 1, 1}, Dtype::bf16, Dtype::bf16);
    Elements got(40, result_dtype);
    rounded.entries[0].result = got.data();
    rounded.args.result_dtype = result_dtype;
    rounded.args.weights = {rounded.entries.data(), 1};
    matvec(rounded.args);
    EXPECT_EQ(got.floats(), expected.floats());
  }
}

TEST(Matvec, GateThatIsNoNumberGivesNone) {
  const float g = std::numeric_limits<float>::quiet_NaN();
  const float one = 1;
  float result = 0;
  const std::array<MatvecWeight, 2> weights{{{&g, nullptr, 1, &result}, {&one, nullptr, 1, nullptr}}};
  gatedMatvec({&one, Dtype::fp32, 1, Dtype::fp32, Dtype::fp32, weights});
  EXPECT_TRUE(std::isnan(result));
}

// Weights that are not finite are seen in the rows that hold them, and in no other.
TEST(Matvec, NanAndInfinityStayInTheirRow) {
  for (const Dtype dtype : kDtypes) {
    for (const int64_t place : {0, 15, 36}) {  // in whole lanes, and behind them
      Products fast(37, {6, 1, 1}, dtype, Dtype::fp32);
      test::setElement(fast.weights[0], 2 * 37 + place, std::numeric_limits<float>::quiet_NaN());
      test::setElement(fast.weights[0], 4 * 37 + place, std::numeric_limits<float>::infinity());
      test::setElement(fast.x, place, 0.5F);
      matvec(fast.args);
      const std::vector<float> got = fast.results[0].floats();
      for (size_t row = 0; row < got.size(); ++row) {
        EXPECT_EQ(std::isnan(got[row]), row == 2) << row;
        EXPECT_EQ(std::isinf(got[row]), row == 4) << row;
      }
    }
  }
}

TEST(Matvec, NothingToMultiplyLeavesTheBias) {
  const float bias = 3;
  float result = -1;
  const MatvecWeight weight{nullptr, &bias, 1, &result};
  matvec({nullptr, Dtype::fp32, 0, Dtype::fp32, Dtype::fp32, {&weight, 1}});
  EXPECT_EQ(result, 3);
  matvec({nullptr, Dtype::fp32, 0, Dtype::fp32, Dtype::fp32, {}});
}

}  // namespace
}  // namespace xkv::simd
