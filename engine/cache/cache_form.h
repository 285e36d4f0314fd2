// SPDX-License-Identifier: Apache-2.0
/// How attention reads what a cache keeps: the one place where caches meet a model's kind of
/// attention.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/model/rotary_table.h"

namespace xkv {

/// One cached stream.
struct StreamForm {
  Stream stream = Stream::key;
  int64_t num_heads = 1;     // that its rows are split into
  int64_t head_dim = 0;      // width of each of them
  bool rotates = false;      // RoPE comes before it is read
  bool mixes = false;        // the attention weights average it
  int64_t query_begin = -1;  // the query's columns from here are multiplied with it; -1 = none are
  std::vector<at::Tensor>
      norms;  // (width) per layer: RMS norm comes before it is read; empty = none
  double norm_eps = 0;

  int64_t width() const { return num_heads * head_dim; }
  bool scored() const { return query_begin >= 0; }
};

/// Keys are scored and values mixed. Under MLA the latent is both and the RoPE key is scored beside
/// it, shared by all heads: scores = (q_nope W_UK) norm(latent) + q_rope RoPE(rope_key), with W_UK
/// taken into the query.
struct CacheForm {
  std::array<StreamForm, 2> streams;  // in the order of ModelShape::streams()
  double softmax_scale = 1;
  std::vector<int64_t> windows;  // per layer: tokens that a query sees, itself included; 0 = all

  int64_t numLayers() const { return static_cast<int64_t>(windows.size()); }
  int64_t window(int64_t layer) const { return windows[static_cast<size_t>(layer)]; }
  const StreamForm& of(Stream stream) const { return streams[placeOf(stream)]; }
  const StreamForm& mixed() const { return streams[0].mixes ? streams[0] : streams[1]; }
};

/// (n, width) as (n, num_heads, head_dim).
at::Tensor headView(const StreamForm& form, const at::Tensor& rows);

/// 1 / RMS of each row, (n) fp32; undefined where the stream has no norm.
at::Tensor rowScales(const StreamForm& form, const at::Tensor& rows);

/// The rows of one stream as attention reads them, (n, num_heads, head_dim): normed or rotated at
/// positions first_position...
at::Tensor readable(const StreamForm& form, int64_t layer, const at::Tensor& rows,
                    int64_t first_position, const RotaryTable& rotary);
/// Both streams.
StreamPair readable(const CacheForm& form, int64_t layer, const CacheRows& rows,
                    int64_t first_position, const RotaryTable& rotary);

}  // namespace xkv
