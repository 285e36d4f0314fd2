// SPDX-License-Identifier: Apache-2.0
/// Random numbers as elements of a file: the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "profiling/records/dtype.h"

namespace xkv {

/// Rounded to the nearest, ties to even; for finite numbers.
uint16_t bf16Bits(float value);
/// The same; for magnitudes below 65,504.
uint16_t fp16Bits(float value);

/// Uniform numbers of mean 0 and standard deviation `scale`. Streams of one seed differ by `stream`.
class RandomValues {
 public:
  RandomValues(uint64_t seed, uint64_t stream, double scale);

  /// Fills `bytes` with elements of `dtype`, little-endian; its size is a multiple of two elements
  /// but for the last piece of a stream.
  void fill(std::span<std::byte> bytes, Dtype dtype);

 private:
  uint64_t next();
  uint64_t state_;
  float step_;  // of one unit of a 32-bit integer
};

/// Fills `bytes` with elements of `dtype` that are all `value`.
void fillWith(std::span<std::byte> bytes, Dtype dtype, float value);

}  // namespace xkv
