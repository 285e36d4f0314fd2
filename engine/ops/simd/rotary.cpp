// SPDX-License-Identifier: Apache-2.0
/// Rotary position embedding of rows in one pass.
#include "engine/ops/simd/rotary.h"

#include <algorithm>
#include <vector>

#include "engine/ops/simd/element.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv::simd {
namespace {

constexpr int64_t kLeastElements = 16 * 1024;  // per thread

/// One head of one row, in place.
void rotateHead(const RotaryArgs& args, const float* cos, const float* sin, float* head) {
  const int64_t step = args.interleaved ? 2 : 1;
  float* a = head;
  float* b = head + (args.interleaved ? 1 : args.dim / 2);
  for (int64_t i = 0; i < args.dim / 2; ++i) {
    const float turned = a[i * step] * cos[i] - b[i * step] * sin[i];
    b[i * step] = b[i * step] * cos[i] + a[i * step] * sin[i];
    a[i * step] = turned;
  }
}

void rotateRow(const RotaryArgs& args, int64_t row, std::vector<float>& heads) {
  const int64_t width = args.heads * args.dim;
  readElements(elementAt(args.x, args.dtype, row * args.row_stride), args.dtype, width,
               heads.data());
  const int64_t pairs = args.dim / 2;
  for (int64_t head = 0; head < args.heads; ++head) {
    rotateHead(args, args.cos + row * pairs, args.sin + row * pairs,
               heads.data() + head * args.dim);
  }
  writeElements(heads.data(), width, args.dtype, elementAt(args.result, args.dtype, row * width));
}

}  // namespace

void rotate(const RotaryArgs& args) {
  const int64_t width = args.heads * args.dim;
  const int64_t least = std::max<int64_t>(1, kLeastElements / std::max<int64_t>(1, width));
  shareWork(args.rows, least, [&](int64_t begin, int64_t end) {
    std::vector<float> heads(static_cast<size_t>(width));
    for (int64_t row = begin; row < end; ++row) rotateRow(args, row, heads);
  });
}

}  // namespace xkv::simd
