// SPDX-License-Identifier: Apache-2.0
/// Leading right singular vectors from a block Krylov subspace of the Gram matrix X^T X, which is never formed
/// (Musco and Musco 2015): fewer products with X than forming it takes, and than power steps of the same accuracy.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <stop_token>

#include "engine/cache/gram.h"

namespace xkv {

struct KrylovVectors {
  at::Tensor vectors;  // V, (width, rank) fp32, orthonormal columns, descending
  at::Tensor image;    // X V, (seq_len, rank) in the asked dtype
};

/// True where the subspace is small beside X, so that it costs less than the Gram matrix.
bool suitsKrylov(const LayerRows& rows, int64_t rank);

/// Products in fp32, sums between blocks of rows in fp64. Blocks are added until more of them would gain less than
/// 2e-3 of the residual energy. None when stopped; and none where that does not come about, or where the residual is
/// below what fp32 products see: then another way is needed.
std::optional<KrylovVectors> krylovVectors(const LayerRows& rows, int64_t rank,
                                           at::ScalarType image_type,
                                           const std::stop_token& stop);

}  // namespace xkv
