// SPDX-License-Identifier: Apache-2.0
/// Truncated SVD of a group of layers: X ~ A B, with A shared and one B_l per layer (METHOD.md 2).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>

#include "engine/cache/gram.h"
#include "profiling/phase_sink.h"
#include "profiling/records/compression_config.h"
#include "profiling/records/result.h"

namespace xkv {

/// X ~ token_basis * layer_factors. Either B has orthonormal rows and A = X V_r, or, where the prompt is
/// shorter than the group is wide, A = U_r has orthonormal columns and B = U_r^T X.
struct GroupFactors {
  at::Tensor token_basis;    // (seq_len, rank)
  at::Tensor layer_factors;  // (rank, num_layers * kv_dim)
  int64_t rank = 0;          // may be below what was asked: no direction under 1e-7 sigma_1 is kept
};

struct FactorRequest {
  int64_t rank = 0;
  /// Above 0: the smallest rank, at most `rank`, whose relative error is at most this, from the group's spectrum.
  double most_error = 0;
  FactorBackend backend = FactorBackend::gram_subspace;
  at::ScalarType dtype = at::kFloat;  ///< of the factors that are kept
  int32_t group = -1;                 ///< for the phases
  const char* stream_name = "";       ///< "keys", for the phases
};

/// interrupted when stop was asked. The rows are read, not changed.
/// gram_subspace ends within 1.001 of the optimal error; randomized takes two power steps (ENGINE.md).
Result<GroupFactors> factorGroup(const LayerRows& rows, const FactorRequest& request,
                                 PhaseSink& phases, std::stop_token stop);

}  // namespace xkv
