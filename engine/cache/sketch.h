// SPDX-License-Identifier: Apache-2.0
/// Right singular vectors by a random sketch with power steps: products with X only, no Gram matrix.
#pragma once

#include <cstdint>
#include <stop_token>

#include "engine/cache/gram.h"

namespace xkv {

/// The leading `rank` right singular vectors of X, (width, rank) in `type`: two power steps from a fixed-seed start
/// with extra columns, made orthonormal by shifted Cholesky QR after every product, then Rayleigh-Ritz on X^T X.
/// Error within 2 % of the optimum on the spectra of caches (ENGINE.md). Undefined when stopped.
at::Tensor sketchedVectors(const LayerRows& rows, int64_t rank, at::ScalarType type,
                           const std::stop_token& stop);

}  // namespace xkv
