// SPDX-License-Identifier: Apache-2.0
/// Reading and writing of elements against LibTorch's own conversions, value by value.
#include "engine/ops/simd/element.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace xkv::simd {
namespace {

std::vector<uint16_t> allHalves() {
  std::vector<uint16_t> halves(1 << 16);
  std::iota(halves.begin(), halves.end(), uint16_t{0});
  return halves;
}

void expectSame(float read, float expected, size_t i) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(read)) << i;
  } else {
    EXPECT_EQ(std::bit_cast<uint32_t>(read), std::bit_cast<uint32_t>(expected)) << i;
  }
}

TEST(Element, EveryHalfIsReadExactly) {
  const std::vector<uint16_t> halves = allHalves();
  std::vector<float> bf16(halves.size());
  std::vector<float> fp16(halves.size());
  const auto count = static_cast<int64_t>(halves.size());
  readElements(halves.data(), Dtype::bf16, count, bf16.data());
  readElements(halves.data(), Dtype::fp16, count, fp16.data());
  for (size_t i = 0; i < halves.size(); ++i) {
    expectSame(bf16[i], c10::BFloat16(halves[i], c10::BFloat16::from_bits()), i);
    expectSame(fp16[i], c10::Half(halves[i], c10::Half::from_bits()), i);
  }
}

/// Random bits, with ties, what rounds up to infinity, and what is no number among them.
std::vector<float> manyFloats() {
  std::mt19937 random(7);
  std::vector<float> floats;
  for (int i = 0; i < 200'000; ++i) floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(random())));
  for (int i = 0; i < 1000; ++i) {
    floats.push_back(std::bit_cast<float>((static_cast<uint32_t>(random()) & 0xFFFF0000u) | 0x8000u));
  }
  for (const float edge : {0.0F, -0.0F, std::numeric_limits<float>::max(), -std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::denorm_min()}) {
    floats.push_back(edge);
  }
  floats.push_back(std::bit_cast<float>(0x7F800001u));  // a NaN whose upper half alone is infinity
  return floats;
}

TEST(Element, IsWrittenAsLibTorchRounds) {
  const std::vector<float> floats = manyFloats();
  const auto count = static_cast<int64_t>(floats.size());
  std::vector<c10::BFloat16> bf16(floats.size());
  std::vector<c10::Half> fp16(floats.size());
  writeElements(floats.data(), count, Dtype::bf16, bf16.data());
  writeElements(floats.data(), count, Dtype::fp16, fp16.data());
  for (size_t i = 0; i < floats.size(); ++i) {
    expectSame(bf16[i], c10::BFloat16(floats[i]), i);
    expectSame(fp16[i], c10::Half(floats[i]), i);
  }
}

TEST(Element, NothingBehindTheCountIsTouched) {
  for (int64_t count = 0; count < 40; ++count) {
    std::vector<float> floats(48, -1.0F);
    std::vector<c10::BFloat16> halves(48, c10::BFloat16(2.0F));
    readElements(halves.data(), Dtype::bf16, count, floats.data());
    for (int64_t i = 0; i < 48; ++i) EXPECT_EQ(floats[static_cast<size_t>(i)], i < count ? 2.0F : -1.0F);
    writeElements(std::vector<float>(48, 3.0F).data(), count, Dtype::bf16, halves.data());
    for (int64_t i = 0; i < 48; ++i) EXPECT_EQ(float{halves[static_cast<size_t>(i)]}, i < count ? 3.0F : 2.0F);
  }
}

}  // namespace
}  // namespace xkv::simd
