// SPDX-License-Identifier: Apache-2.0
/// What the analysis of a captured cache found: CKA, spectra, reconstruction errors.
#pragma once

#include <cstdint>
#include <vector>

#include "profiling/records/compression_config.h"

namespace xkv {

/// Similarity of all layer pairs of one stream (METHOD.md 4). Pairs that were not measured are NaN.
struct CkaRecord {
  Stream stream = Stream::key;
  int64_t num_layers = 0;
  int64_t num_layers_done = 0;  ///< rows and columns below this are measured
  int64_t seq_len = 0;
  std::vector<float> cka;           ///< (num_layers, num_layers), linear CKA, columns centred
  std::vector<float> token_cosine;  ///< (num_layers, num_layers), mean over tokens
  friend bool operator==(const CkaRecord&, const CkaRecord&) = default;
};

/// Singular values of X = [X_l1 ... X_lG], and the exact error of every rank (METHOD.md 3).
struct SpectrumRecord {
  Stream stream = Stream::key;
  int64_t first_layer = 0;
  int64_t num_layers = 0;  ///< layers of this group
  int64_t seq_len = 0;
  int64_t width = 0;                   ///< num_layers * kv_dim
  bool leading_only = false;           ///< true: only the leading singular values are here
  double total_energy = 0;             ///< ||X||_F^2
  std::vector<double> layer_energy;    ///< (num_layers), ||X_l||_F^2
  std::vector<float> singular_values;  ///< (n), descending, n <= min(seq_len, width)
  std::vector<float> group_error;      ///< (n + 1): relative Frobenius error of rank 0..n
  std::vector<float> layer_error;      ///< (num_layers, n + 1): the same per layer
  /// What rounding the factors to bf16 adds to group_error and layer_error, (n + 1) and (num_layers, n + 1);
  /// errors add as squares. Empty = not known.
  std::vector<float> group_rounding;
  std::vector<float> layer_rounding;
  int64_t rank_90 = 0;                 ///< smallest rank that holds 90 % of the energy
  int64_t rank_95 = 0;
  int64_t rank_99 = 0;
  friend bool operator==(const SpectrumRecord&, const SpectrumRecord&) = default;
};

/// Error of the real factors of one group against its original rows, ||x - x'||_F / ||x||_F over each
/// slice, 0 where x = 0. Measured while original and factors both exist.
struct ReconstructionRecord {
  Stream stream = Stream::key;
  int64_t group = 0;  ///< index of the group in the run's plan
  int64_t first_layer = 0;
  int64_t num_layers = 0;
  int64_t seq_len = 0;
  int64_t num_kv_heads = 0;
  int64_t rank = 0;  ///< the rank really used
  FactorBackend factor_backend = FactorBackend::gram_subspace;
  Dtype factor_dtype = Dtype::fp32;
  int64_t token_basis_bits = 0;   ///< of the codes of A; 0 = factor_dtype
  int64_t layer_factor_bits = 0;  ///< of the codes of B_l
  double error = 0;  ///< of the whole group
  double energy = 0;  ///< ||X||_F^2 of the group's original rows
  std::vector<float> layer_error;  ///< (num_layers)
  std::vector<float> head_error;   ///< (num_layers, num_kv_heads)
  std::vector<float> token_error;  ///< (num_layers, seq_len)
  friend bool operator==(const ReconstructionRecord&, const ReconstructionRecord&) = default;
};

/// A segment of new tokens that was factored on the basis of its group, or on one extended for it.
struct RecompressionRecord {
  Stream stream = Stream::key;
  int64_t group = 0;
  int64_t first_token = 0;      ///< position of the segment's first token
  int64_t num_tokens = 0;
  double residual = 0;          ///< relative error of projecting the segment on the basis as it was: the drift
  double error = 0;             ///< relative error of the segment as it is kept
  int64_t rank_before = 0;
  int64_t rank_after = 0;       ///< above rank_before where the basis was extended
  int64_t resident_bytes = 0;   ///< of the whole cache afterwards
  friend bool operator==(const RecompressionRecord&, const RecompressionRecord&) = default;
};

/// X-ray of Selective Reconstruction in one layer: which chunks each decode step read (METHOD.md 6).
/// Chunks are numbered from the prompt's start. Under share_selection num_kv_heads is 1.
struct SelectionRecord {
  int64_t layer = 0;
  int64_t seq_len = 0;
  int64_t num_heads = 0;        ///< query heads
  int64_t num_kv_heads = 0;     ///< that select for themselves
  int64_t chunk = 0;            ///< tokens
  int64_t landmark_chunks = 0;  ///< chunks before the local ones, outliers included
  int64_t outlier_chunks = 0;   ///< per KV head
  int64_t chosen_chunks = 0;    ///< per step and KV head
  int64_t num_steps = 0;
  bool teacher_forced = false;  ///< fed the dense run's tokens
  std::vector<int64_t> outliers;  ///< (num_kv_heads, outlier_chunks), ascending
  std::vector<int64_t> chosen;    ///< (num_steps, num_kv_heads, chosen_chunks), ascending; empty = not kept
  /// Share of a step's chunks that the step before had already, (num_steps); NaN at the first.
  std::vector<float> hit_rate;
  /// Share of the dense attention mass that the attended tokens hold, (num_steps, num_heads); empty where it was
  /// not measured.
  std::vector<float> recall;
  /// Mean recall if k chunks were chosen, k = 0 ... landmark_chunks - outlier_chunks; empty as recall.
  std::vector<float> recall_of_chunks;
  friend bool operator==(const SelectionRecord&, const SelectionRecord&) = default;
};

}  // namespace xkv
