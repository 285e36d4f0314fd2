// SPDX-License-Identifier: Apache-2.0
/// The operations of a cache as plain loops: the specification of the fast ones.
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "engine/ops/cache_ops.h"

namespace xkv {
namespace {

/// Calls `visit` with a value of the element type.
template <class Visit>
void withType(Dtype dtype, Visit visit) {
  switch (dtype) {
    case Dtype::fp32: return visit(float{});
    case Dtype::bf16: return visit(c10::BFloat16{});
    case Dtype::fp16: return visit(c10::Half{});
  }
}

template <class T>
const T* rowOf(const HeadedRows& rows, int64_t head, int64_t row) {
  return static_cast<const T*>(rows.data) + head * rows.head_stride + row * rows.row_stride;
}

template <class T>
const T* rowOf(const MatrixRows& matrix, int64_t row) {
  return static_cast<const T*>(matrix.data) + row * matrix.row_stride;
}

template <class T>
const T* queryOf(const QueryHeads& query, int64_t row, int64_t head) {
  return static_cast<const T*>(query.data) + (row * query.num_heads + head) * query.head_dim;
}

template <class A, class B>
float dot(const A* a, const B* b, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<float>(a[i]) * static_cast<float>(b[i]);
  return sum;
}

template <class T>
void addScaled(float weight, const T* row, int64_t count, float* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] += weight * static_cast<float>(row[i]);
}

void softmax(std::span<float> scores) {
  float largest = -std::numeric_limits<float>::infinity();
  for (const float score : scores) largest = std::max(largest, score);
  double sum = 0;
  for (float& score : scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  for (float& score : scores) score = static_cast<float>(score / sum);
}

template <class T>
float landmarkDot(const Landmarks& landmarks, int64_t kv_head, int64_t i, const T* q, int64_t dim) {
  if (landmarks.scales == nullptr) return dot(q, rowOf<T>(landmarks.rows, kv_head, i), dim);
  const float scale = landmarks.scales[kv_head * landmarks.rows.rows + i];
  return scale * dot(q, rowOf<int8_t>(landmarks.rows, kv_head, i), dim);
}

template <class T>
void scoreLandmarks(const QueryHeads& query, const Landmarks& landmarks, bool shared, float* scores) {
  const int64_t count = landmarks.rows.rows;
  std::fill_n(scores, (shared ? 1 : query.num_kv_heads) * count, 0.0F);
  std::vector<float> weights(static_cast<size_t>(count));
  std::vector<float> sums(weights.size());
  for (int64_t head = 0; head < query.num_heads; ++head) {
    const int64_t kv_head = head / query.group();
    std::ranges::fill(sums, 0.0F);
    for (int64_t row = 0; row < query.num_rows; ++row) {
      const T* q = queryOf<T>(query, row, head);
      for (int64_t i = 0; i < count; ++i) {
        weights[static_cast<size_t>(i)] = static_cast<float>(query.softmax_scale) *
                                          landmarkDot(landmarks, kv_head, i, q, query.head_dim);
      }
      softmax(weights);
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += weights[i];
    }
    float* best = scores + (shared ? 0 : kv_head * count);
    for (size_t i = 0; i < sums.size(); ++i) best[i] = std::max(best[i], sums[i]);
  }
}

/// Pairs (e, e + head_dim / 2) turn by the position's angle.
void rotate(float* key, int64_t head_dim, const float* cosines, const float* sines) {
  const int64_t half = head_dim / 2;
  for (int64_t e = 0; e < half; ++e) {
    const float low = key[e];
    const float high = key[e + half];
    key[e] = low * cosines[e] - high * sines[e];
    key[e + half] = high * cosines[e] + low * sines[e];
  }
}

template <class T>
void rebuild(const KeyRebuild& how) {
  const int64_t dim = how.head_dim;
  std::vector<float> key(static_cast<size_t>(dim));
  for (const ChunkMove& move : how.moves) {
    for (int64_t t = 0; t < how.chunk; ++t) {
      const int64_t position = move.chunk * how.chunk + t;
      const T* basis = rowOf<T>(how.token_basis, position);
      std::ranges::fill(key, 0.0F);
      for (int64_t r = 0; r < how.token_basis.columns; ++r) {
        addScaled(static_cast<float>(basis[r]), rowOf<T>(how.layer_factor, r) + move.head * dim, dim,
                  key.data());
      }
      rotate(key.data(), dim, how.cosines + position * dim / 2, how.sines + position * dim / 2);
      T* out = static_cast<T*>(how.keys) + move.head * how.head_stride +
               (move.slot * how.chunk + t) * dim;
      for (int64_t e = 0; e < dim; ++e) out[e] = static_cast<T>(key[static_cast<size_t>(e)]);
    }
  }
}

/// One query head over everything that it attends.
template <class T>
class HeadAttention {
 public:
  HeadAttention(const QueryHeads& query, std::span<const AttendedRows> rows,
                const AttendedChunks& chunks, int64_t row, int64_t head)
      : query_(query), rows_(rows), chunks_(chunks), row_(row), head_(head),
        kv_head_(head / query.group()), dim_(query.head_dim) {}

  void run(T* out) {
    score();
    softmax(weights_);
    std::vector<float> mixed(static_cast<size_t>(dim_), 0.0F);
    mix(mixed.data());
    for (int64_t e = 0; e < dim_; ++e) out[e] = static_cast<T>(mixed[static_cast<size_t>(e)]);
  }

 private:
  /// Rows of a segment that this query sees.
  int64_t seen(const AttendedRows& part) const {
    return part.keys.rows - (part.are_new ? query_.num_rows - 1 - row_ : 0);
  }

  void score() {
    const T* q = queryOf<T>(query_, row_, head_);
    const auto scale = static_cast<float>(query_.softmax_scale);
    const auto add = [&](const HeadedRows& keys, int64_t count) {
      for (int64_t i = 0; i < count; ++i)
        weights_.push_back(scale * dot(q, rowOf<T>(keys, kv_head_, i), dim_));
    };
    for (const AttendedRows& part : rows_) add(part.keys, seen(part));
    add(chunks_.keys, chunks_.slots * chunks_.chunk);
  }

  void mix(float* mixed) const {
    const float* weight = weights_.data();
    for (const AttendedRows& part : rows_) {
      for (int64_t i = 0; i < seen(part); ++i)
        addScaled(*weight++, rowOf<T>(part.values, kv_head_, i), dim_, mixed);
    }
    if (chunks_.slots == 0) return;
    const int32_t* chunk_of =
        chunks_.chunks + (chunks_.selections == 1 ? 0 : kv_head_ * chunks_.slots);
    const auto token = [&](int64_t i) {
      return chunk_of[i / chunks_.chunk] * chunks_.chunk + i % chunks_.chunk;
    };
    const int64_t tokens = chunks_.slots * chunks_.chunk;
    if (chunks_.token_basis.data == nullptr) {
      for (int64_t i = 0; i < tokens; ++i)
        addScaled(weight[i], rowOf<T>(chunks_.values, kv_head_, token(i)), dim_, mixed);
      return;
    }
    const int64_t rank = chunks_.token_basis.columns;
    std::vector<float> absorbed(static_cast<size_t>(rank), 0.0F);
    for (int64_t i = 0; i < tokens; ++i)
      addScaled(weight[i], rowOf<T>(chunks_.token_basis, token(i)), rank, absorbed.data());
    for (int64_t r = 0; r < rank; ++r)
      addScaled(absorbed[static_cast<size_t>(r)],
                rowOf<T>(chunks_.layer_factor, r) + kv_head_ * dim_, dim_, mixed);
  }

  const QueryHeads& query_;
  std::span<const AttendedRows> rows_;
  const AttendedChunks& chunks_;
  int64_t row_;
  int64_t head_;
  int64_t kv_head_;
  int64_t dim_;
  std::vector<float> weights_;
};

class PortableCacheOps final : public CacheOps {
 public:
  void landmarkScores(const QueryHeads& query, const Landmarks& landmarks, bool shared,
                      float* scores) const override {
    withType(query.dtype, [&](auto element) {
      scoreLandmarks<decltype(element)>(query, landmarks, shared, scores);
    });
  }

  void rebuildKeys(const KeyRebuild& how) const override {
    withType(how.dtype, [&](auto element) { rebuild<decltype(element)>(how); });
  }

  void attend(const QueryHeads& query, std::span<const AttendedRows> rows,
              const AttendedChunks& chunks, void* out) const override {
    withType(query.dtype, [&](auto element) {
      using T = decltype(element);
      for (int64_t row = 0; row < query.num_rows; ++row) {
        for (int64_t head = 0; head < query.num_heads; ++head) {
          T* to = static_cast<T*>(out) + (row * query.num_heads + head) * query.head_dim;
          HeadAttention<T>(query, rows, chunks, row, head).run(to);
        }
      }
    });
  }
};

}  // namespace

const CacheOps& portableCacheOps() {
  static const PortableCacheOps ops;
  return ops;
}

}  // namespace xkv
