// SPDX-License-Identifier: Apache-2.0
/// Rotary position embedding: cosines and sines of every position (RoFormer; types default, linear, llama3,
/// yarn).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/checkpoint/model_config.h"

namespace xkv {

/// Rows of the table where they lie, (count, rope_dim / 2) each; on the CPU, until a larger position is asked.
struct RotaryRows {
  const float* cos = nullptr;
  const float* sin = nullptr;
  bool interleaved = false;
};

/// cos and sin in fp32, grown when a larger position is asked. Frequencies are computed in fp32 in the order
/// of operations of Hugging Face transformers, so that angles agree to the last bit at far positions.
class RotaryTable {
 public:
  RotaryTable(const ModelConfig& config, at::Device device);

  /// x (n, heads, rope_dim) at positions first, first + 1, ...; the same dtype comes back, rotated in fp32.
  at::Tensor rotate(const at::Tensor& x, int64_t first_position) const;
  /// Of positions [begin, end).
  RotaryRows rows(int64_t begin, int64_t end) const;

 private:
  void growTo(int64_t positions) const;
  at::Tensor rotatedInOnePass(const at::Tensor& x, int64_t first_position) const;

  at::Tensor inverse_frequencies_;  // (rope_dim / 2)
  double attention_factor_;
  bool interleaved_;
  mutable at::Tensor cos_;  // (positions, 1, rope_dim / 2), times attention_factor
  mutable at::Tensor sin_;
};

}  // namespace xkv
