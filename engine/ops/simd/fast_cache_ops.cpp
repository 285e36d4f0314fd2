// SPDX-License-Identifier: Apache-2.0
/// The operations of a cache in the processor's widest lanes; each KV head, or part of its query heads, is one thread's.
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

/// Query heads that share a KV head and are one thread's work.
struct HeadPart {
  int64_t kv_head = 0;
  int64_t first_head = 0;  // among the query heads of a row
  int64_t count = 0;
};

/// Whole groups; parts of them where there are more threads than KV heads.
std::vector<HeadPart> partsOf(const QueryHeads& query) {
  const int64_t group = query.group();
  const int64_t wanted = (simd::numWorkers() + query.num_kv_heads - 1) / query.num_kv_heads;
  const int64_t pieces = std::clamp<int64_t>(wanted, 1, group);
  std::vector<HeadPart> parts;
  for (int64_t kv_head = 0; kv_head < query.num_kv_heads; ++kv_head) {
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t begin = group * piece / pieces;
      parts.push_back({kv_head, kv_head * group + begin, group * (piece + 1) / pieces - begin});
    }
  }
  return parts;
}

/// All query rows in fp32, so that each head's are read once.
class Queries {
 public:
  explicit Queries(const QueryHeads& query)
      : query_(query),
        values_(static_cast<size_t>(query.num_rows * query.num_heads * query.head_dim)) {
    simd::readElements(query.data, query.dtype, static_cast<int64_t>(values_.size()), values_.data());
  }

  HeadGroup group(int64_t row, const HeadPart& part) const {
    const int64_t head = row * query_.num_heads + part.first_head;
    return {.query = values_.data() + head * query_.head_dim,
            .count = part.count,
            .head_dim = query_.head_dim,
            .kv_head = part.kv_head,
            .dtype = query_.dtype,
            .softmax_scale = static_cast<float>(query_.softmax_scale)};
  }

 private:
  const QueryHeads& query_;
  std::vector<float> values_;
};

/// Calls work(i) for every part on the pool's threads.
template <class Work>
void forParts(const std::vector<HeadPart>& parts, const Work& work) {
  const auto count = static_cast<int64_t>(parts.size());
  simd::shareWork(count, std::max<int64_t>(1, count / simd::numWorkers()),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) work(i);
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
    const std::vector<HeadPart> parts = partsOf(query);
    std::vector<float> of_parts(parts.size() * static_cast<size_t>(count));
    forParts(parts, [&](int64_t i) {
      const HeadPart& part = parts[static_cast<size_t>(i)];
      const auto room = static_cast<size_t>(part.count * count);
      std::vector<float> weights(room);
      std::vector<float> sums(room, 0.0F);
      for (int64_t row = 0; row < query.num_rows; ++row) {
        simd::kernels::addLandmarkWeights(queries.group(row, part), landmarks, weights.data(), sums.data());
      }
      largest(sums.data(), part.count, of_parts.data() + i * count, count);
    });
    const int64_t results = shared ? 1 : query.num_kv_heads;
    const int64_t joined = static_cast<int64_t>(parts.size()) / results;
    for (int64_t i = 0; i < results; ++i) {
      largest(of_parts.data() + i * joined * count, joined, scores + i * count, count);
    }
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
    const std::vector<HeadPart> parts = partsOf(query);
    forParts(parts, [&](int64_t i) {
      const HeadPart& part = parts[static_cast<size_t>(i)];
      std::vector<float> mixed(static_cast<size_t>(part.count * query.head_dim));
      for (int64_t row = 0; row < query.num_rows; ++row) {
        std::ranges::fill(mixed, 0.0F);
        attendGroup(queries.group(row, part), rows, query.num_rows - 1 - row, chunks, mixed.data());
        const int64_t head = row * query.num_heads + part.first_head;
        simd::writeElements(mixed.data(), part.count * query.head_dim, query.dtype,
                            simd::elementAt(out, query.dtype, head * query.head_dim));
      }
    });
  }

 private:
  /// best[i] = largest over the rows of values (rows, count).
  static void largest(const float* values, int64_t rows, float* best, int64_t count) {
    std::copy_n(values, count, best);
    for (int64_t row = 1; row < rows; ++row) {
      const float* other = values + row * count;
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
