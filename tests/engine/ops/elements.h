// SPDX-License-Identifier: Apache-2.0
/// Buffers of any element type for tests of operations over plain pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiling/records/dtype.h"

namespace xkv::test {

class Elements {
 public:
  Elements() = default;
  Elements(int64_t count, Dtype dtype);
  int64_t size() const { return count_; }
  Dtype dtype() const { return dtype_; }
  void* data() { return bytes_.data(); }
  const void* data() const { return bytes_.data(); }
  std::vector<float> floats() const;

 private:
  int64_t count_ = 0;
  Dtype dtype_ = Dtype::fp32;
  std::vector<std::byte> bytes_;
};

/// Normal numbers of a fixed seed, rounded to `dtype`.
Elements someElements(int64_t count, Dtype dtype, uint64_t seed);

void setElement(Elements& elements, int64_t index, float value);

/// max |got - reference| / max |reference|; infinity where sizes differ or a difference is no number.
double worstRelative(const Elements& got, const Elements& reference);

}  // namespace xkv::test
