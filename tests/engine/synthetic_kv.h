// SPDX-License-Identifier: Apache-2.0
/// Made-up keys or values of adjacent layers that share a token basis, as the paper finds them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/bench/synthetic_rows.h"
#include "profiling/no_phases.h"

namespace xkv::test {

using xkv::NoPhases;
using xkv::SyntheticKv;
using xkv::syntheticRows;

/// ||X - X_r||_F / ||X||_F of the best rank-r approximation, from LAPACK in fp64.
double optimalError(const LayerRows& rows, int64_t rank);

/// The rows side by side in fp64.
at::Tensor joined(const LayerRows& rows);

}  // namespace xkv::test
