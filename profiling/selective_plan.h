// SPDX-License-Identifier: Apache-2.0
/// Which tokens of a prompt Selective Reconstruction keeps exact and how many chunks each step reads
/// (METHOD.md 6), and the bytes of that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "profiling/layer_groups.h"

namespace xkv {

/// A prompt in chunks: those that carry a landmark, then the local tokens, which are exact.
struct SelectivePlan {
  int64_t seq_len = 0;
  int64_t chunk = 8;            ///< tokens
  int64_t landmark_chunks = 0;  ///< outliers included
  int64_t outlier_chunks = 0;   ///< per KV head
  int64_t chosen_chunks = 0;    ///< per step and KV head

  int64_t localBegin() const { return landmark_chunks * chunk; }
  int64_t localTokens() const { return seq_len - localBegin(); }
  /// Chunks that can be chosen.
  int64_t candidates() const { return landmark_chunks - outlier_chunks; }
  bool choosesAll() const { return chosen_chunks == candidates(); }
  friend bool operator==(const SelectivePlan&, const SelectivePlan&) = default;
};

/// Outliers are floor(24 budget / 1024) unless the config names a number, and at most the landmark chunks.
SelectivePlan planSelection(const SelectiveConfig& config, int64_t seq_len);

/// bad_input: budget or chunk below 1, a budget that is no multiple of the chunk, a negative number of chunks.
Status checkSelective(const SelectiveConfig& config);

/// "every chunk is selected, …" where a prompt is too short for anything to be saved; none otherwise.
std::optional<std::string> selectionNotice(const SelectiveConfig& config, int64_t seq_len);

/// Bytes of one layer beside its factors.
struct SelectionBytes {
  int64_t landmarks = 0;
  int64_t local_rows = 0;    ///< keys and values
  int64_t outlier_rows = 0;  ///< keys and values
  int64_t selected_rows = 0; ///< rebuilt keys; values are read through the factors
  int64_t chunk_index = 0;   ///< 4 bytes a chunk: outliers, candidates, what is selected

  int64_t sum() const {
    return landmarks + local_rows + outlier_rows + selected_rows + chunk_index;
  }
};

SelectionBytes selectionBytes(const SelectiveConfig& config, const SelectivePlan& plan,
                              int64_t num_kv_heads, int64_t head_dim, int64_t bytes_per_element);

}  // namespace xkv
