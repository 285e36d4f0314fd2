// SPDX-License-Identifier: Apache-2.0
/// Linear layers and norms of any number of rows, in every dtype, against products in fp64.
#include "engine/model/linear.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <gtest/gtest.h>

#include "engine/model/rms_norm.h"
#include "tests/engine/golden.h"

namespace xkv {
namespace {

at::Tensor normal(at::IntArrayRef sizes, at::ScalarType type, uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(sizes, generator, at::TensorOptions(at::kFloat)).to(type);
}

Linear someLinear(int64_t out, int64_t in, at::ScalarType type, bool with_bias, uint64_t seed) {
  return {normal({out, in}, type, seed), with_bias ? normal({out}, type, seed + 1) : at::Tensor()};
}

at::Tensor exact(const Linear& linear, const at::Tensor& x) {
  const at::Tensor bias = linear.bias.defined() ? linear.bias.to(at::kDouble) : at::Tensor();
  return at::linear(x.to(at::kDouble), linear.weight.to(at::kDouble), bias);
}

/// One rounding to the type, and sums in fp32.
double roundingOf(at::ScalarType type) {
  return type == at::kFloat ? 1e-5 : type == at::kBFloat16 ? 5e-3 : 1e-3;
}

class EveryType : public testing::TestWithParam<at::ScalarType> {};

TEST_P(EveryType, LinearIsTheProductRoundedOnce) {
  const at::ScalarType type = GetParam();
  for (const bool with_bias : {false, true}) {
    const Linear linear = someLinear(75, 130, type, with_bias, 1);
    for (const int64_t rows : {1, 2, 33}) {
      const at::Tensor x = normal({rows, 130}, type, 5);
      const at::Tensor got = apply(linear, x);
      EXPECT_EQ(got.scalar_type(), type);
      EXPECT_LT(test::worstRelative(got.to(at::kDouble), exact(linear, x)), roundingOf(type))
          << rows << " rows, bias " << with_bias;
    }
  }
}

TEST_P(EveryType, LayersOfOneRowAreThatOfEach) {
  const at::ScalarType type = GetParam();
  const Linear first = someLinear(20, 64, type, true, 1);
  const Linear second = someLinear(9, 64, type, false, 3);
  for (const int64_t rows : {1, 4}) {
    const at::Tensor x = normal({rows, 64}, type, 7);
    const std::vector<at::Tensor> got = applyAll({first, second}, x);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(test::worstRelative(got[0], apply(first, x)), 0);
    EXPECT_EQ(test::worstRelative(got[1], apply(second, x)), 0);
  }
}

TEST_P(EveryType, GatedLayersMultiply) {
  const at::ScalarType type = GetParam();
  const Linear gate = someLinear(70, 64, type, true, 1);
  const Linear up = someLinear(70, 64, type, true, 3);
  for (const int64_t rows : {1, 4}) {
    const at::Tensor x = normal({rows, 64}, type, 7) * 0.2;
    const at::Tensor expected = at::silu(exact(gate, x)) * exact(up, x);
    EXPECT_LT(test::worstRelative(applyGated(gate, up, x).to(at::kDouble), expected),
              3 * roundingOf(type));
  }
}

// Wider than a block of weights that are in fp32 at a time.
TEST_P(EveryType, WideLayersAreMultipliedInBlocks) {
  const at::ScalarType type = GetParam();
  const Linear linear = someLinear(5000, 1024, type, true, 1);
  const at::Tensor x = normal({3, 1024}, type, 5);
  EXPECT_LT(test::worstRelative(apply(linear, x).to(at::kDouble), exact(linear, x)),
            roundingOf(type));
}

TEST_P(EveryType, RmsNormOfRowsAndHeads) {
  const at::ScalarType type = GetParam();
  for (const auto& sizes : {std::vector<int64_t>{1, 100}, {7, 100}, {3, 5, 100}}) {
    const at::Tensor x = normal(sizes, type, 1);
    const at::Tensor weight = normal({100}, type, 2);
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor expected =
        wide * (wide.square().mean({-1}, true) + 1e-5).rsqrt() * weight.to(at::kDouble);
    EXPECT_LT(test::worstRelative(rmsNorm(x, weight, 1e-5).to(at::kDouble), expected),
              roundingOf(type));
    const at::Tensor strided = normal({4, 2, 100}, type, 3).select(1, 1);  // rows with gaps
    EXPECT_LT(test::worstRelative(rmsNorm(strided, weight, 1e-5),
                                  rmsNorm(strided.contiguous(), weight, 1e-5)),
              roundingOf(type));
  }
}

INSTANTIATE_TEST_SUITE_P(Linear, EveryType,
                         testing::Values(at::kFloat, at::kBFloat16, at::kHalf));

}  // namespace
}  // namespace xkv
