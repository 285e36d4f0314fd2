// SPDX-License-Identifier: Apache-2.0
/// Random numbers as elements of a file: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#include "engine/checkpoint/random_values.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace xkv {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

template <class Element, class Make>
void fillElements(std::span<std::byte> bytes, Make make) {
  for (size_t at = 0; at + sizeof(Element) <= bytes.size(); at += sizeof(Element)) {
    const Element element = make();
    std::memcpy(bytes.data() + at, &element, sizeof(Element));
  }
}

/// Elements of `dtype` from the floats that `make` returns one after the other.
template <class Make>
void fillFrom(std::span<std::byte> bytes, Dtype dtype, Make make) {
  switch (dtype) {
    case Dtype::fp32: return fillElements<float>(bytes, make);
    case Dtype::bf16: return fillElements<uint16_t>(bytes, [&] { return bf16Bits(make()); });
    case Dtype::fp16: return fillElements<uint16_t>(bytes, [&] { return fp16Bits(make()); });
  }
}

}  // namespace

uint16_t bf16Bits(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

uint16_t fp16Bits(float value) {
  constexpr uint32_t kSmallestNormal = 0x38800000;  // 2^-14 as an fp32
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000U;
  const uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude < kSmallestNormal) {
    const float units = std::bit_cast<float>(magnitude) * 0x1p24F;
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::lrint(units)));
  }
  const uint32_t rebased = magnitude - (112U << 23);  // exponents are biased by 15, not 127
  return static_cast<uint16_t>(sign | ((rebased + 0xFFFU + ((rebased >> 13) & 1U)) >> 13));
}

RandomValues::RandomValues(uint64_t seed, uint64_t stream, double scale)
    : state_(mixed(mixed(seed) + stream)),
      step_(static_cast<float>(scale * std::sqrt(3.0) * 0x1p-31)) {}

uint64_t RandomValues::next() { return mixed(state_ += 0x9E3779B97F4A7C15U); }

void RandomValues::fill(std::span<std::byte> bytes, Dtype dtype) {
  uint64_t bits = 0;
  bool has_half = false;
  fillFrom(bytes, dtype, [&] {
    bits = has_half ? bits >> 32 : next();
    has_half = !has_half;
    return step_ * static_cast<float>(static_cast<int32_t>(bits & 0xFFFFFFFFU));
  });
}

void fillWith(std::span<std::byte> bytes, Dtype dtype, float value) {
  fillFrom(bytes, dtype, [&] { return value; });
}

}  // namespace xkv
