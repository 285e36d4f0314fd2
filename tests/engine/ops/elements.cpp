// SPDX-License-Identifier: Apache-2.0
/// Buffers of any element type for tests of operations over plain pointers.
#include "tests/engine/ops/elements.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "engine/ops/simd/element.h"

namespace xkv::test {

Elements::Elements(int64_t count, Dtype dtype)
    : count_(count),
      dtype_(dtype),
      bytes_(static_cast<size_t>(std::max<int64_t>(1, count) * bytesPerElement(dtype))) {}

std::vector<float> Elements::floats() const {
  std::vector<float> floats(static_cast<size_t>(count_));
  simd::readElements(bytes_.data(), dtype_, count_, floats.data());
  return floats;
}

Elements someElements(int64_t count, Dtype dtype, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> floats(static_cast<size_t>(count));
  for (float& x : floats) x = normal(random);
  Elements elements(count, dtype);
  simd::writeElements(floats.data(), count, dtype, elements.data());
  return elements;
}

void setElement(Elements& elements, int64_t index, float value) {
  simd::writeElements(&value, 1, elements.dtype(),
                      simd::elementAt(elements.data(), elements.dtype(), index));
}

double worstRelative(const Elements& got, const Elements& reference) {
  if (got.size() != reference.size()) return std::numeric_limits<double>::infinity();
  const std::vector<float> a = got.floats();
  const std::vector<float> b = reference.floats();
  double worst = 0;
  double largest = 1e-30;
  for (size_t i = 0; i < a.size(); ++i) {
    const double off = std::fabs(double{a[i]} - double{b[i]});
    if (std::isnan(off)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, off);
    largest = std::max(largest, std::fabs(double{b[i]}));
  }
  return worst / largest;
}

}  // namespace xkv::test
