// SPDX-License-Identifier: Apache-2.0
/// Numbers are rounded as IEEE 754 says, and random ones have the scale that was asked.
#include "engine/checkpoint/random_values.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace xkv {
namespace {

TEST(Fp16Bits, AreThoseOfTheStandard) {
  EXPECT_EQ(fp16Bits(0.0F), 0x0000);
  EXPECT_EQ(fp16Bits(1.0F), 0x3C00);
  EXPECT_EQ(fp16Bits(-2.0F), 0xC000);
  EXPECT_EQ(fp16Bits(65504.0F), 0x7BFF);
  EXPECT_EQ(fp16Bits(0x1p-14F), 0x0400);  // the smallest normal number
  EXPECT_EQ(fp16Bits(0x1p-24F), 0x0001);  // the smallest of all
  EXPECT_EQ(fp16Bits(-0x3p-24F), 0x8003);
}

TEST(Fp16Bits, AreRoundedToTheNearestAndTiesToEven) {
  EXPECT_EQ(fp16Bits(1.0F + 0x1p-11F), 0x3C00);             // halfway down to even
  EXPECT_EQ(fp16Bits(1.0F + 0x3p-11F), 0x3C02);             // halfway up to even
  EXPECT_EQ(fp16Bits(1.0F + 0x1p-11F + 0x1p-20F), 0x3C01);  // just above halfway
  EXPECT_EQ(fp16Bits(0x1p-25F), 0x0000);
  EXPECT_EQ(fp16Bits(0x3p-25F), 0x0002);
  EXPECT_EQ(fp16Bits(2.0F - 0x1p-12F), 0x4000);  // the exponent carries
}

TEST(Bf16Bits, AreRoundedToTheNearestAndTiesToEven) {
  EXPECT_EQ(bf16Bits(1.0F), 0x3F80);
  EXPECT_EQ(bf16Bits(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(bf16Bits(1.0F + 0x3p-8F), 0x3F82);
  EXPECT_EQ(bf16Bits(-1.0F - 0x1p-8F - 0x1p-20F), 0xBF81);
}

std::vector<float> floats(RandomValues& values, size_t count) {
  std::vector<float> numbers(count);
  values.fill(std::as_writable_bytes(std::span(numbers)), Dtype::fp32);
  return numbers;
}

TEST(RandomValues, HaveMeanZeroAndTheScaleThatWasAsked) {
  RandomValues values(3, 5, 0.25);
  double sum = 0;
  double squares = 0;
  constexpr size_t kCount = 1'000'000;
  for (const float x : floats(values, kCount)) {
    sum += x;
    squares += static_cast<double>(x) * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.001);
  EXPECT_NEAR(std::sqrt(squares / kCount), 0.25, 0.001);
}

TEST(RandomValues, AreTheSameAgainAndOthersInAnotherStream) {
  RandomValues values(3, 5, 1);
  RandomValues again(3, 5, 1);
  RandomValues other_stream(3, 6, 1);
  RandomValues other_seed(4, 5, 1);
  const std::vector<float> numbers = floats(values, 64);
  EXPECT_EQ(floats(again, 64), numbers);
  EXPECT_NE(floats(other_stream, 64), numbers);
  EXPECT_NE(floats(other_seed, 64), numbers);
}

TEST(RandomValues, OfHalfWidthAreTheSameNumbersRounded) {
  RandomValues values(3, 5, 1);
  const std::vector<float> numbers = floats(values, 64);
  for (const Dtype dtype : {Dtype::bf16, Dtype::fp16}) {
    RandomValues again(3, 5, 1);
    std::vector<uint16_t> halves(64);
    again.fill(std::as_writable_bytes(std::span(halves)), dtype);
    for (size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_EQ(halves[i], dtype == Dtype::bf16 ? bf16Bits(numbers[i]) : fp16Bits(numbers[i]));
    }
  }
}

}  // namespace
}  // namespace xkv
