// SPDX-License-Identifier: Apache-2.0
/// The fast operations of Selective Reconstruction against the plain loops that specify them.
#include "engine/ops/cache_ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/ops/simd/element.h"
#include "tests/engine/ops/elements.h"

namespace xkv {
namespace {

using test::Elements;
using test::someElements;

struct Shape {
  int64_t num_heads;
  int64_t num_kv_heads;
  int64_t head_dim;
  int64_t num_rows;  // of queries
  int64_t chunk;
  int64_t rank;
  Dtype dtype;
};

class CacheOpsTest : public testing::TestWithParam<Shape> {
 protected:
  static constexpr int64_t kChunks = 23;  // of the prompt
  static constexpr int64_t kSlots = 5;

  const Shape& shape() const { return GetParam(); }
  int64_t tokens() const { return kChunks * shape().chunk; }
  int64_t width() const { return shape().num_kv_heads * shape().head_dim; }

  QueryHeads query() const {
    return {.data = query_.data(),
            .dtype = shape().dtype,
            .num_rows = shape().num_rows,
            .num_heads = shape().num_heads,
            .num_kv_heads = shape().num_kv_heads,
            .head_dim = shape().head_dim,
            .softmax_scale = 0.3};
  }
  /// (rows, num_kv_heads, head_dim)
  HeadedRows byTokens(const Elements& elements, int64_t rows) const {
    return {elements.data(), rows, shape().head_dim, width()};
  }
  /// (num_kv_heads, rows, head_dim)
  HeadedRows byHeads(const Elements& elements, int64_t rows) const {
    return {elements.data(), rows, rows * shape().head_dim, shape().head_dim};
  }
  Elements rows(int64_t count, uint64_t seed) const {
    return someElements(count * width(), shape().dtype, seed);
  }

  void expectClose(const std::vector<float>& got, const std::vector<float>& expected) const {
    ASSERT_EQ(got.size(), expected.size());
    double difference = 0;
    double size = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_FALSE(std::isnan(got[i])) << i;
      difference += std::pow(got[i] - expected[i], 2);
      size += std::pow(expected[i], 2);
    }
    EXPECT_LE(std::sqrt(difference), (shape().dtype == Dtype::fp32 ? 1e-5 : 4e-3) * std::sqrt(size));
  }

  std::vector<float> landmarkScores(const CacheOps& ops, bool packed, bool shared) const {
    std::vector<int8_t> codes;
    std::vector<float> scales;
    const int64_t count = 37;
    const Elements elements = rows(count, 3);
    Landmarks landmarks{byHeads(elements, count), nullptr};
    for (int64_t i = 0; packed && i < count * width(); ++i) codes.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
    for (int64_t i = 0; packed && i < count * shape().num_kv_heads; ++i) scales.push_back(0.001F * static_cast<float>(i % 11 + 1));
    if (packed) {
      landmarks.rows.data = codes.data();
      landmarks.scales = scales.data();
    }
    std::vector<float> scores(static_cast<size_t>((shared ? 1 : shape().num_kv_heads) * count), NAN);
    ops.landmarkScores(query(), landmarks, shared, scores.data());
    return scores;
  }

  std::vector<float> rebuiltKeys(const CacheOps& ops) const {
    const Elements basis = someElements(tokens() * shape().rank, shape().dtype, 4);
    const Elements factor = someElements(shape().rank * width(), shape().dtype, 5);
    std::vector<float> cosines;
    std::vector<float> sines;
    for (int64_t i = 0; i < tokens() * shape().head_dim / 2; ++i) {
      cosines.push_back(std::cos(0.01F * static_cast<float>(i)));
      sines.push_back(std::sin(0.01F * static_cast<float>(i)));
    }
    std::vector<ChunkMove> moves;
    for (int32_t head = 0; head < shape().num_kv_heads; ++head) {
      for (int32_t slot = head % 2; slot < kSlots; ++slot) {
        moves.push_back({.head = head, .chunk = static_cast<int32_t>((7 * slot + head) % kChunks), .slot = slot});
      }
    }
    Elements keys = someElements(kSlots * shape().chunk * width(), shape().dtype, 6);
    ops.rebuildKeys({.dtype = shape().dtype,
                     .token_basis = {basis.data(), tokens(), shape().rank, shape().rank},
                     .layer_factor = {factor.data(), shape().rank, width(), width()},
                     .head_dim = shape().head_dim,
                     .chunk = shape().chunk,
                     .cosines = cosines.data(),
                     .sines = sines.data(),
                     .moves = moves,
                     .keys = keys.data(),
                     .head_stride = kSlots * shape().chunk * shape().head_dim});
    return keys.floats();
  }

  std::vector<float> attended(const CacheOps& ops, bool absorbs, int64_t selections) const {
    const Elements local_keys = rows(9, 10), local_values = rows(9, 11);
    const Elements outlier_keys = rows(4, 12), outlier_values = rows(4, 13);
    const Elements new_keys = rows(6, 14), new_values = rows(6, 15);
    const AttendedRows parts[] = {{byTokens(local_keys, 9), byTokens(local_values, 9)},
                                  {byHeads(outlier_keys, 4), byHeads(outlier_values, 4)},
                                  {byTokens(new_keys, 6), byTokens(new_values, 6), true}};
    const Elements keys = rows(kSlots * shape().chunk, 16);
    const Elements basis = someElements(tokens() * shape().rank, shape().dtype, 17);
    const Elements factor = someElements(shape().rank * width(), shape().dtype, 18);
    const Elements values = rows(tokens(), 19);
    std::vector<int32_t> slots;
    for (int64_t i = 0; i < selections * kSlots; ++i) slots.push_back(static_cast<int32_t>(5 * i % kChunks));
    AttendedChunks chunks;
    chunks.keys = byHeads(keys, kSlots * shape().chunk);
    chunks.chunks = slots.data();
    chunks.slots = kSlots;
    chunks.selections = selections;
    chunks.chunk = shape().chunk;
    if (absorbs) {
      chunks.token_basis = {basis.data(), tokens(), shape().rank, shape().rank};
      chunks.layer_factor = {factor.data(), shape().rank, width(), width()};
    } else {
      chunks.values = byTokens(values, tokens());
    }
    Elements out(shape().num_rows * shape().num_heads * shape().head_dim, shape().dtype);
    ops.attend(query(), parts, chunks, out.data());
    return out.floats();
  }

  Elements query_ = someElements(shape().num_rows * shape().num_heads * shape().head_dim, shape().dtype, 1);
};

TEST_P(CacheOpsTest, LandmarkScores) {
  for (const bool packed : {false, true}) {
    for (const bool shared : {false, true}) {
      const auto expected = landmarkScores(portableCacheOps(), packed, shared);
      expectClose(landmarkScores(fastCacheOps(), packed, shared), expected);
      const double sum = std::accumulate(expected.begin(), expected.end(), 0.0);
      EXPECT_GE(sum, static_cast<double>(shape().num_rows) * 0.999) << "at least one head's softmax a row";
    }
  }
}

TEST_P(CacheOpsTest, RebuiltKeys) { expectClose(rebuiltKeys(fastCacheOps()), rebuiltKeys(portableCacheOps())); }

TEST_P(CacheOpsTest, Attention) {
  for (const bool absorbs : {false, true}) {
    for (const int64_t selections : {int64_t{1}, shape().num_kv_heads}) {
      expectClose(attended(fastCacheOps(), absorbs, selections), attended(portableCacheOps(), absorbs, selections));
    }
  }
}

// Nothing is chosen, nothing is an outlier: only exact rows are attended.
TEST_P(CacheOpsTest, AttentionWithoutChunks) {
  const Elements keys = rows(shape().num_rows, 20), values = rows(shape().num_rows, 21);
  const AttendedRows parts[] = {{{}, {}}, {byTokens(keys, shape().num_rows), byTokens(values, shape().num_rows), true}};
  Elements fast(shape().num_rows * shape().num_heads * shape().head_dim, shape().dtype);
  Elements plain = fast;
  fastCacheOps().attend(query(), parts, {}, fast.data());
  portableCacheOps().attend(query(), parts, {}, plain.data());
  expectClose(fast.floats(), plain.floats());
}

INSTANTIATE_TEST_SUITE_P(Shapes, CacheOpsTest,
                         testing::Values(Shape{4, 2, 16, 1, 8, 12, Dtype::fp32}, Shape{5, 1, 16, 2, 8, 12, Dtype::fp32},
                                         Shape{4, 2, 16, 3, 8, 12, Dtype::fp32},
                                         Shape{6, 1, 20, 2, 3, 7, Dtype::fp32},
                                         Shape{5, 5, 2, 1, 1, 1, Dtype::fp32},
                                         Shape{8, 2, 128, 1, 8, 96, Dtype::bf16},
                                         Shape{8, 2, 64, 2, 64, 33, Dtype::fp16}));

}  // namespace
}  // namespace xkv
