// SPDX-License-Identifier: Apache-2.0
/// The memory ledger of a run: every byte of the cache by part, and the three ratios of METHOD.md 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/compression_config.h"

namespace xkv {

enum class MemoryPartKind {
  token_basis,   ///< A of the groups
  layer_factor,  ///< B_l of the layers
  dense_layer,   ///< prompt rows of layers or streams that are not compressed
  generated,     ///< rows of tokens generated after the prompt, dense
  merged_direction,  ///< MiniCache: the direction that a pair of rows shares
  merged_norm,       ///< MiniCache: the two norms of a merged row
  retained_row,      ///< MiniCache: both originals of a row that is kept
  row_index,         ///< MiniCache: which rows are merged
  landmark,       ///< SR: one per chunk and KV head, scales included
  local_row,      ///< SR: exact rows of the prompt's end
  outlier_row,    ///< SR: exact rows of outlier chunks
  selected_row,   ///< SR: rows that were rebuilt for the last step
  chunk_index,    ///< SR: which chunks are outliers and which are rebuilt
  host_value,     ///< xK-SR: values of the prompt, dense, in host memory
  analysis,      ///< dense rows kept only because of --analysis all
};

struct MemoryPart {
  MemoryPartKind kind = MemoryPartKind::token_basis;
  std::optional<Stream> stream;  ///< none = both
  std::string shape;             ///< "2 groups × 547 × 24"
  Dtype dtype = Dtype::bf16;
  int64_t bytes = 0;  ///< measured: the tensors' real storage, scales and minima included
  int64_t bits = 0;   ///< of quantised codes; 0 = dtype
  friend bool operator==(const MemoryPart&, const MemoryPart&) = default;
};

/// Largest simultaneous bytes during prefill and sealing, by cause.
struct MemoryPeak {
  int64_t factor_bytes = 0;      ///< factors sealed so far
  int64_t dense_row_bytes = 0;   ///< dense rows of the open group (all layers under --analysis all)
  int64_t workspace_bytes = 0;   ///< Gram matrix, subspace and temporaries of one group
  int64_t activation_bytes = 0;  ///< hidden states between layers and one chunk's temporaries
  friend bool operator==(const MemoryPeak&, const MemoryPeak&) = default;
};

struct MemoryRecord {
  int64_t seq_len = 0;             ///< prompt tokens
  int64_t generated_tokens = 0;    ///< rows appended after the prompt
  std::vector<MemoryPart> parts;   ///< after the last token
  int64_t dense_bytes = 0;         ///< a dense cache of the prompt at the same dtype
  int64_t factor_bytes = 0;        ///< A, B and dense layers of the prompt: the published denominator
  int64_t resident_bytes = 0;      ///< sum of parts but `analysis`
  int64_t dense_resident_bytes = 0;  ///< a dense cache of prompt and generated tokens
  double published_ratio = 1;
  double with_landmarks_ratio = 1;  ///< predicted: what Selective Reconstruction would hold
  double true_resident_ratio = 1;   ///< dense_resident_bytes / resident_bytes
  MemoryPeak peak;
  /// Anonymous memory of the process after prefill, heap trimmed; mapped weights are not in it. 0 = unknown.
  int64_t process_resident_bytes = 0;
  int64_t weight_bytes = 0;            ///< weights as loaded
  friend bool operator==(const MemoryRecord&, const MemoryRecord&) = default;
};

}  // namespace xkv
