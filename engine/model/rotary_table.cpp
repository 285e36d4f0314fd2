// SPDX-License-Identifier: Apache-2.0
/// Rotary position embedding: cosines and sines of every position.
#include "engine/model/rotary_table.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <numbers>

namespace xkv {
namespace {

/// Llama 3.1: long wavelengths are divided by `factor`, middle ones blended.
at::Tensor llama3Scaled(const at::Tensor& frequencies, const RopeScaling& scaling) {
  const double old_length = static_cast<double>(scaling.original_max_position_embeddings);
  const double low_wavelength = old_length / scaling.low_freq_factor;
  const double high_wavelength = old_length / scaling.high_freq_factor;
  const at::Tensor wavelength = 2 * std::numbers::pi / frequencies;
  const at::Tensor slowed =
      at::where(wavelength > low_wavelength, frequencies / scaling.factor, frequencies);
  const at::Tensor blend = (old_length / wavelength - scaling.low_freq_factor) /
                           (scaling.high_freq_factor - scaling.low_freq_factor);
  const at::Tensor smoothed = (1 - blend) * slowed / scaling.factor + blend * slowed;
  const at::Tensor middle =
      (wavelength >= high_wavelength).logical_and(wavelength <= low_wavelength);
  return at::where(middle, smoothed, slowed);
}

at::Tensor frequenciesOf(const ModelConfig& config) {
  const int64_t head_dim = config.shape.head_dim;
  const at::Tensor exponent = at::arange(0, head_dim, 2, at::kLong).to(at::kFloat) / head_dim;
  const at::Tensor frequencies = 1.0 / at::pow(config.shape.rope_theta, exponent);
  switch (config.rope_scaling.type) {
    case RopeType::linear: return frequencies / config.rope_scaling.factor;
    case RopeType::llama3: return llama3Scaled(frequencies, config.rope_scaling);
    case RopeType::default_: break;
  }
  return frequencies;
}

}  // namespace

RotaryTable::RotaryTable(const ModelConfig& config, at::Device device)
    : inverse_frequencies_(frequenciesOf(config).to(device)) {}

void RotaryTable::growTo(int64_t positions) const {
  if (cos_.defined() && cos_.size(0) >= positions) return;
  const int64_t have = cos_.defined() ? cos_.size(0) : 0;
  const int64_t rows = std::max(positions, 2 * have);
  const at::Tensor angles =
      at::outer(at::arange(rows, inverse_frequencies_.options()), inverse_frequencies_);
  cos_ = angles.cos().unsqueeze(1);
  sin_ = angles.sin().unsqueeze(1);
}

at::Tensor RotaryTable::rotate(const at::Tensor& x, int64_t first_position) const {
  growTo(first_position + x.size(0));
  const at::Tensor cos = cos_.slice(0, first_position, first_position + x.size(0));
  const at::Tensor sin = sin_.slice(0, first_position, first_position + x.size(0));
  const int64_t half = x.size(2) / 2;
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor a = wide.slice(2, 0, half);
  const at::Tensor b = wide.slice(2, half);
  return at::cat({a * cos - b * sin, b * cos + a * sin}, 2).to(x.scalar_type());
}

}  // namespace xkv
