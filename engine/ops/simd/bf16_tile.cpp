// SPDX-License-Identifier: Apache-2.0
/// A tile of 8 x 48 sums of products of bf16.
#include "engine/ops/simd/bf16_tile.h"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/ops/simd/cpu_products.h"

namespace xkv::simd {
namespace {

constexpr int64_t kRows = Bf16Tile::kRows;
constexpr int64_t kColumns = Bf16Tile::kColumns;

float lowFloat(uint32_t pair) { return std::bit_cast<float>(pair << 16); }
float highFloat(uint32_t pair) { return std::bit_cast<float>(pair & 0xFFFF0000u); }

void addPlain(const uint32_t* left, const uint32_t* right, int64_t num_pairs, float* to) {
  for (int64_t pair = 0; pair < num_pairs; ++pair, left += kColumns, right += kColumns) {
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t column = 0; column < kColumns; ++column) {
        float& sum = to[row * kColumns + column];
        sum += highFloat(left[row]) * highFloat(right[column]);
        sum += lowFloat(left[row]) * lowFloat(right[column]);
      }
    }
  }
}

void storePlain(const uint32_t* left, const uint32_t* right, int64_t num_pairs, float* to) {
  std::fill_n(to, kRows * kColumns, 0.0F);
  addPlain(left, right, num_pairs, to);
}

void addPlainToFp64(const uint32_t* left, const uint32_t* right, int64_t num_pairs, double* to,
                    int64_t stride) {
  float tile[kRows * kColumns];
  storePlain(left, right, num_pairs, tile);
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t column = 0; column < kColumns; ++column) {
      to[row * stride + column] += static_cast<double>(tile[row * kColumns + column]);
    }
  }
}

#if defined(__x86_64__)

// Highway 1.0 has no dot product of bf16 that uses the instruction, so these are written for it.
#define XKV_BF16_TARGET __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512bf16")))
#pragma GCC diagnostic push
// GCC 12 says these of its own intrinsics.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"

constexpr int kLanes = 16;
constexpr int kVectors = kColumns / kLanes;
using Sums = __m512[kRows][kVectors];

XKV_BF16_TARGET [[gnu::always_inline]] inline void sumDots(const uint32_t* left, const uint32_t* right,
                                                           int64_t num_pairs, Sums& sums) {
  constexpr int64_t kAhead = 8 * kColumns;
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) sums[row][v] = _mm512_setzero_ps();
  }
  for (int64_t pair = 0; pair < num_pairs; ++pair, left += kColumns, right += kColumns) {
    __m512bh columns[kVectors];
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) {
      columns[v] = (__m512bh)_mm512_loadu_si512(right + v * kLanes);
      _mm_prefetch(reinterpret_cast<const char*>(right + kAhead + v * kLanes), _MM_HINT_T0);
    }
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
      const auto both = (__m512bh)_mm512_set1_epi32(static_cast<int>(left[row]));
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) {
        sums[row][v] = _mm512_dpbf16_ps(sums[row][v], both, columns[v]);
      }
    }
  }
}

XKV_BF16_TARGET void storeDots(const uint32_t* left, const uint32_t* right, int64_t num_pairs, float* to) {
  Sums sums;
  sumDots(left, right, num_pairs, sums);
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v, to += kLanes) _mm512_storeu_ps(to, sums[row][v]);
  }
}

XKV_BF16_TARGET void addDots(const uint32_t* left, const uint32_t* right, int64_t num_pairs, float* to) {
  Sums sums;
  sumDots(left, right, num_pairs, sums);
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v, to += kLanes) {
      _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), sums[row][v]));
    }
  }
}

XKV_BF16_TARGET void addDotsToFp64(const uint32_t* left, const uint32_t* right, int64_t num_pairs,
                                   double* to, int64_t stride) {
  Sums sums;
  sumDots(left, right, num_pairs, sums);
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
    double* at = to + row * stride;
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v, at += kLanes) {
      const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(sums[row][v]));
      const __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(sums[row][v], 1));
      _mm512_storeu_pd(at, _mm512_add_pd(_mm512_loadu_pd(at), low));
      _mm512_storeu_pd(at + kLanes / 2, _mm512_add_pd(_mm512_loadu_pd(at + kLanes / 2), high));
    }
  }
}

#pragma GCC diagnostic pop
#undef XKV_BF16_TARGET
#endif

}  // namespace

const Bf16Tile& bf16Tile() {
#if defined(__x86_64__)
  static constexpr Bf16Tile kDots{storeDots, addDots, addDotsToFp64};
  if (multipliesFast(Dtype::bf16)) return kDots;
#endif
  return portable::bf16Tile();
}

namespace portable {
const Bf16Tile& bf16Tile() {
  static constexpr Bf16Tile kPlain{storePlain, addPlain, addPlainToFp64};
  return kPlain;
}
}  // namespace portable

}  // namespace xkv::simd
