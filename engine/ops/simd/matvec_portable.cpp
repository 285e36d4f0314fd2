// SPDX-License-Identifier: Apache-2.0
/// Products of weight matrices with one row, as plain loops.
#include <cmath>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/matvec.h"

namespace xkv::simd::portable {
namespace {

std::vector<float> floatsOf(const void* data, Dtype dtype, int64_t begin, int64_t count) {
  std::vector<float> floats(static_cast<size_t>(count));
  readElements(elementAt(data, dtype, begin), dtype, count, floats.data());
  return floats;
}

/// W x + bias.
std::vector<float> product(const MatvecArgs& args, const MatvecWeight& weight) {
  const std::vector<float> x = floatsOf(args.x, args.x_dtype, 0, args.in);
  std::vector<float> sums(static_cast<size_t>(weight.out));
  if (weight.bias != nullptr) sums = floatsOf(weight.bias, args.weight_dtype, 0, weight.out);
  for (int64_t row = 0; row < weight.out; ++row) {
    const auto w = floatsOf(weight.weight, args.weight_dtype, row * args.in, args.in);
    float sum = 0;
    for (size_t i = 0; i < w.size(); ++i) sum += w[i] * x[i];
    sums[static_cast<size_t>(row)] += sum;
  }
  return sums;
}

}  // namespace

void matvec(const MatvecArgs& args) {
  for (const MatvecWeight& weight : args.weights) {
    writeElements(product(args, weight).data(), weight.out, args.result_dtype, weight.result);
  }
}

void gatedMatvec(const MatvecArgs& args) {
  std::vector<float> gate = product(args, args.weights[0]);
  const std::vector<float> up = product(args, args.weights[1]);
  for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
  writeElements(gate.data(), args.weights[0].out, args.result_dtype, args.weights[0].result);
}

}  // namespace xkv::simd::portable
