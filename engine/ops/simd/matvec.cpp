// SPDX-License-Identifier: Apache-2.0
/// Products of weight matrices with one row, in the widest lanes that the processor has.
#include "engine/ops/simd/matvec.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/work_sharing.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/ops/simd/matvec.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/ops/simd/lanes_inl.h"
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace xkv::simd::HWY_NAMESPACE {

constexpr int kVectors = 4;  // of a row at a time: sums that do not wait for each other

/// w . x of one row, read from its first element to its last: memory gives one stream more than several at once. x has room
/// for whole lanes and zeros in it.
template <class T>
HWY_INLINE float dotRow(const float* x, const T* w, int64_t in) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec sums[kVectors];
  XKV_UNROLL for (int v = 0; v < kVectors; ++v) sums[v] = hn::Zero(d);
  int64_t i = 0;
  for (; i + kVectors * lanes <= in; i += kVectors * lanes) {
    XKV_UNROLL for (int v = 0; v < kVectors; ++v) {
      const int64_t at = i + v * lanes;
      sums[v] = hn::MulAdd(loadFloats(d, w + at), hn::LoadU(d, x + at), sums[v]);
    }
  }
  for (; i < in; i += lanes) {
    const FloatVec rest = i + lanes <= in ? loadFloats(d, w + i) : loadSomeFloats(d, w + i, in - i);
    sums[0] = hn::MulAdd(rest, hn::LoadU(d, x + i), sums[0]);
  }
  const FloatVec sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// sums = W x for `count` rows from `weight` on.
void rowProducts(const float* x, const void* weight, Dtype dtype, int64_t in, int64_t count,
                 float* sums) {
  withElements(weight, dtype, [&](const auto* w) {
    for (int64_t row = 0; row < count; ++row) sums[row] = dotRow(x, w + row * in, in);
  });
}

/// gate = silu(gate) * up
void gateProducts(float* gate, const float* up, int64_t count) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVec one = hn::Set(d, 1.0F);
  const FloatVec largest = hn::Set(d, 88.0F);  // of what Exp takes; 1 / exp(88) is nothing beside it
  for (int64_t i = 0; i < count; i += lanes) {  // whole lanes: both have room for them
    const FloatVec g = hn::LoadU(d, gate + i);
    const FloatVec below = hn::Add(one, hn::Exp(d, hn::Min(hn::Neg(g), largest)));
    hn::StoreU(hn::Mul(hn::Div(g, below), hn::LoadU(d, up + i)), d, gate + i);
  }
}

}  // namespace xkv::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace xkv::simd {

HWY_EXPORT(rowProducts);
HWY_EXPORT(gateProducts);

namespace {

constexpr int64_t kLeastProducts = 32 * 1024;  // per thread: fewer cost less than waking it
constexpr int64_t kBlockRows = 64;             // sums that are kept before they are rounded
constexpr int64_t kMostLanes = 64;

using Sums = std::array<float, kBlockRows + kMostLanes>;

int64_t leastRows(int64_t in) { return std::max<int64_t>(1, kLeastProducts / std::max<int64_t>(1, in)); }

/// x in fp32, with zeros behind it.
std::vector<float> rowOf(const MatvecArgs& args) {
  std::vector<float> x(static_cast<size_t>(args.in + kMostLanes));
  readElements(args.x, args.x_dtype, args.in, x.data());
  return x;
}

/// W x + bias, rows [begin, begin + count).
void blockProducts(const MatvecArgs& args, const float* x, const MatvecWeight& weight,
                   int64_t begin, int64_t count, Sums& sums) {
  HWY_DYNAMIC_DISPATCH(rowProducts)
  (x, elementAt(weight.weight, args.weight_dtype, begin * args.in), args.weight_dtype, args.in,
   count, sums.data());
  if (weight.bias == nullptr) return;
  std::array<float, kBlockRows> bias;
  readElements(elementAt(weight.bias, args.weight_dtype, begin), args.weight_dtype, count,
               bias.data());
  for (int64_t i = 0; i < count; ++i) {
    sums[static_cast<size_t>(i)] += bias[static_cast<size_t>(i)];
  }
}

void store(const MatvecArgs& args, const MatvecWeight& weight, int64_t begin, int64_t count,
           const Sums& sums) {
  writeElements(sums.data(), count, args.result_dtype,
                elementAt(weight.result, args.result_dtype, begin));
}

/// Calls work(begin, count) for blocks of rows in [begin, end).
template <class Work>
void inBlocks(int64_t begin, int64_t end, const Work& work) {
  for (; begin < end; begin += kBlockRows) work(begin, std::min(kBlockRows, end - begin));
}

}  // namespace

void matvec(const MatvecArgs& args) {
  const std::vector<float> x = rowOf(args);
  int64_t total = 0;
  for (const MatvecWeight& weight : args.weights) total += weight.out;
  shareWork(total, leastRows(args.in), [&](int64_t begin, int64_t end) {
    Sums sums;
    int64_t first = 0;  // of the weight among all rows
    for (const MatvecWeight& weight : args.weights) {
      const int64_t from = std::max<int64_t>(0, begin - first);
      const int64_t to = std::min(weight.out, end - first);
      inBlocks(from, to, [&](int64_t row, int64_t count) {
        blockProducts(args, x.data(), weight, row, count, sums);
        store(args, weight, row, count, sums);
      });
      first += weight.out;
    }
  });
}

void gatedMatvec(const MatvecArgs& args) {
  const std::vector<float> x = rowOf(args);
  const MatvecWeight& gate = args.weights[0];
  const MatvecWeight& up = args.weights[1];
  shareWork(gate.out, leastRows(2 * args.in), [&](int64_t begin, int64_t end) {
    Sums gates{};
    Sums ups{};
    inBlocks(begin, end, [&](int64_t row, int64_t count) {
      blockProducts(args, x.data(), gate, row, count, gates);
      blockProducts(args, x.data(), up, row, count, ups);
      HWY_DYNAMIC_DISPATCH(gateProducts)(gates.data(), ups.data(), count);
      store(args, gate, row, count, gates);
    });
  });
}

}  // namespace xkv::simd
#endif  // HWY_ONCE
