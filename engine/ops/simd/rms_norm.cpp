// SPDX-License-Identifier: Apache-2.0
/// RMS norm of rows in one pass.
#include "engine/ops/simd/rms_norm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

constexpr int64_t kLeastElements = 16 * 1024;  // per thread
constexpr size_t kSums = 8;                    // side by side, so that one add need not wait for the last

double sumOfSquares(const std::vector<float>& x) {
  std::array<float, kSums> sums{};
  size_t i = 0;
  for (; i + kSums <= x.size(); i += kSums) {
    for (size_t j = 0; j < kSums; ++j) sums[j] += x[i + j] * x[i + j];
  }
  double sum = 0;
  for (const float part : sums) sum += double{part};
  for (; i < x.size(); ++i) sum += double{x[i]} * double{x[i]};
  return sum;
}

}  // namespace

void rmsNorm(const RmsNormArgs& args) {
  const auto width = static_cast<size_t>(args.width);
  std::vector<float> weight(width);
  readElements(args.weight, args.dtype, args.width, weight.data());
  const int64_t least = std::max<int64_t>(1, kLeastElements / std::max<int64_t>(1, args.width));
  shareWork(args.rows, least, [&](int64_t begin, int64_t end) {
    std::vector<float> x(width);
    for (int64_t row = begin; row < end; ++row) {
      readElements(elementAt(args.x, args.dtype, row * args.width), args.dtype, args.width,
                   x.data());
      const double mean = sumOfSquares(x) / static_cast<double>(args.width);
      const auto scale = static_cast<float>(1 / std::sqrt(mean + args.eps));
      for (size_t i = 0; i < width; ++i) x[i] = x[i] * scale * weight[i];
      writeElements(x.data(), args.width, args.dtype,
                    elementAt(args.result, args.dtype, row * args.width));
    }
  });
}

}  // namespace xkv::simd
