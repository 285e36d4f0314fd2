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

}  // namespace xkv
