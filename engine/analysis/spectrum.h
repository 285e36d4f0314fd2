// SPDX-License-Identifier: Apache-2.0
/// Singular values of a group of layers, and the exact error of every rank, of the group and of each layer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <stop_token>

#include "engine/cache/gram.h"
#include "profiling/records/capture_record.h"

namespace xkv {

/// Eigen-decompositions wider than this are left out (6 s at 4,096, 45 s at 8,192).
constexpr int64_t kWidestSpectrum = 4096;

struct SpectrumPlace {
  Stream stream = Stream::key;
  int64_t first_layer = 0;
  int64_t seq_len = 0;
};

/// From the group's Gram matrix X^T X, (num_layers * kv_dim) square, fp64 (METHOD.md 3), and its rows, which only
/// say what rounding the factors adds.
SpectrumRecord spectrumFromGram(const at::Tensor& gram, const LayerRows& rows, SpectrumPlace place);

/// From the rows themselves by X X^T, for prompts shorter than the group is wide.
SpectrumRecord spectrumFromRows(const LayerRows& rows, SpectrumPlace place);

/// From the smaller of the two; none where it is wider than kWidestSpectrum, and when stopped.
std::optional<SpectrumRecord> spectrumOfGroup(const LayerRows& rows, SpectrumPlace place,
                                              std::stop_token stop);

}  // namespace xkv
