// SPDX-License-Identifier: Apache-2.0
/// The operations of a cache in the processor's widest lanes; each KV head is one thread's.
#include <algorithm>
#include <vector>

#include "engine/ops/cache_ops.h"
#include "engine/ops/simd/element.h"
#include "engine/ops/simd/packed_factor.h"
#include "engine/ops/simd/selective_kernels.h"
#include "engine/ops/simd/work_sharing.h"

namespace xkv {
namespace {

using simd::kernels::HeadGroup;

/// All query rows in fp32, so that each head's are read once.
class Queries {
 public:
  explicit Queries(const QueryHeads& query)
      : query_(query),
        values_(static_cast<size_t>(query.num_rows * query.num_heads * query.head_dim)) {
    simd::readElements(query.data, query.dtype, static_cast<int64_t>(values_.size()), values_.data());
  }

  HeadGroup group(int64_t row, int64_t kv_head) const {
    const int64_t head = row * query_.num_heads + kv_head * query_.group();
    return {.query = values_.data() + head * query_.head_dim,
            .count = query_.group(),
            .head_dim = query_.head_dim,
            .kv_head = kv_head,
            .dtype = query_.dtype,
            .softmax_scale = static_cast<float>(query_.softmax_scale)};
  }

 private:
  const QueryHeads& query_;
  std::vector<float> values_;
};

/// Calls work(kv_head) on the pool's threads.
template <class Work>
void forHeads(int64_t num_kv_heads, const Work& work) {
  const int64_t each = std::max<int64_t>(1, num_kv_heads / simd::numWorkers());
  simd::shareWork(num_kv_heads, each, [&](int64_t begin, int64_t end) {
    for (int64_t kv_head = begin; kv_head < end; ++kv_head) work(kv_head);
  });
}

/// One row of queries over everything that one KV head's heads attend.
void attendGroup(const HeadGroup& group, std::span<const AttendedRows> rows, int64_t hidden,
                 const AttendedChunks& chunks, float* mixed) {
  const auto seen = [&](const AttendedRows& part) { return part.keys.rows - (part.are_new ? hidden : 0); };
  const int64_t chunk_tokens = chunks.slots * chunks.chunk;
  int64_t total = chunk_tokens;
  for (const AttendedRows& part : rows) total += seen(part);
  std::vector<float> weights(static_cast<size_t>(group.count * total));
  float* next = weights.data();
  for (const AttendedRows& part : rows) {
    simd::kernels::scoreRows(group, part.keys, seen(part), next, total);
    next += seen(part);
  }
  if (chunk_tokens > 0) simd::kernels::scoreRows(group, chunks.keys, chunk_tokens, next, total);
  simd::kernels::softmaxRows(group, weights.data(), total, total);
  const float* weight = weights.data();
  for (const AttendedRows& part : rows) {
    simd::kernels::mixRows(group, part.values, seen(part), weight, total, mixed);
    weight += seen(part);
  }
  if (chunk_tokens > 0) simd::kernels::mixChunks(group, chunks, weight, total, mixed);
}

class FastCacheOps final : public CacheOps {
 public:
  void landmarkScores(const QueryHeads& query, const Landmarks& landmarks, bool shared,
                      float* scores) const override {
    const int64_t count = landmarks.rows.rows;
    const Queries queries(query);
    std::vector<float> of_heads(static_cast<size_t>(query.num_kv_heads * count));
    float* best = shared ? of_heads.data() : scores;
    forHeads(query.num_kv_heads, [&](int64_t kv_head) {
      const auto room = static_cast<size_t>(query.group() * count);
      std::vector<float> weights(room);
      std::vector<float> sums(room, 0.0F);
      for (int64_t row = 0; row < query.num_rows; ++row) {
        simd::kernels::addLandmarkWeights(queries.group(row, kv_head), landmarks, weights.data(), sums.data());
      }
      largest(sums, query.group(), best + kv_head * count, count);
    });
    if (shared) largest(of_heads, query.num_kv_heads, scores, count);
  }

  void rebuildKeys(const KeyRebuild& how) const override {
    const int64_t num_kv_heads = how.layer_factor.columns / how.head_dim;
    const simd::PackedFactor factor = simd::packFactor(
        how.layer_factor.data, how.dtype, how.token_basis.columns, num_kv_heads, how.head_dim);
    // Moves stand in order of their heads.
    const auto count = static_cast<int64_t>(how.moves.size());
    simd::shareWork(count, std::max<int64_t>(1, count / simd::numWorkers()), [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const ChunkMove* first = how.moves.data() + begin;
        const ChunkMove* last = how.moves.data() + end;
        const auto* other = std::find_if(first, last, [&](const ChunkMove& m) { return m.head != first->head; });
        simd::kernels::rebuildChunks(how, factor, first, other - first);
        begin += other - first;
      }
    });
  }

  void attend(const QueryHeads& query, std::span<const AttendedRows> rows,
              const AttendedChunks& chunks, void* out) const override {
    const Queries queries(query);
    forHeads(query.num_kv_heads, [&](int64_t kv_head) {
      const int64_t group = query.group();
      std::vector<float> mixed(static_cast<size_t>(group * query.head_dim));
      for (int64_t row = 0; row < query.num_rows; ++row) {
        std::ranges::fill(mixed, 0.0F);
        attendGroup(queries.group(row, kv_head), rows, query.num_rows - 1 - row, chunks, mixed.data());
        const int64_t head = row * query.num_heads + kv_head * group;
        simd::writeElements(mixed.data(), group * query.head_dim, query.dtype,
                            simd::elementAt(out, query.dtype, head * query.head_dim));
      }
    });
  }

 private:
  /// best[i] = largest over the rows of values (rows, count).
  static void largest(const std::vector<float>& values, int64_t rows, float* best, int64_t count) {
    std::copy_n(values.data(), count, best);
    for (int64_t row = 1; row < rows; ++row) {
      const float* other = values.data() + row * count;
      for (int64_t i = 0; i < count; ++i) best[i] = std::max(best[i], other[i]);
    }
  }
};

}  // namespace

const CacheOps& fastCacheOps() {
  static const FastCacheOps ops;
  return ops;
}

}  // namespace xkv
