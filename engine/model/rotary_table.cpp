// SPDX-License-Identifier: Apache-2.0
/// Rotary position embedding: cosines and sines of every position.
#include "engine/model/rotary_table.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/ops/simd/rotary.h"
#include "engine/ops/tensor_rows.h"

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

/// The dimension whose wavelength makes `rotations` turns within the trained length.
double dimensionOf(double rotations, const ModelConfig& config) {
  const double length =
      static_cast<double>(config.rope_scaling.original_max_position_embeddings);
  return static_cast<double>(config.rope_dim) *
         std::log(length / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(config.shape.rope_theta));
}

/// YaRN: fast dimensions stay, slow ones are divided by `factor`, with a ramp between.
at::Tensor yarnScaled(const at::Tensor& wavelengths, const ModelConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  double low = dimensionOf(scaling.beta_fast, config);
  double high = dimensionOf(scaling.beta_slow, config);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(config.rope_dim - 1));
  if (low == high) high += 0.001;
  const at::Tensor place = at::arange(config.rope_dim / 2, at::TensorOptions(at::kFloat));
  const at::Tensor kept = 1 - ((place - low) / (high - low)).clamp(0, 1);
  return 1.0 / (scaling.factor * wavelengths) * (1 - kept) + 1.0 / wavelengths * kept;
}

at::Tensor frequenciesOf(const ModelConfig& config) {
  const at::Tensor exponent =
      at::arange(0, config.rope_dim, 2, at::kLong).to(at::kFloat) / config.rope_dim;
  const at::Tensor wavelengths = at::pow(config.shape.rope_theta, exponent);
  const at::Tensor frequencies = 1.0 / wavelengths;
  switch (config.rope_scaling.type) {
    case RopeType::linear: return frequencies / config.rope_scaling.factor;
    case RopeType::llama3: return llama3Scaled(frequencies, config.rope_scaling);
    case RopeType::yarn: return yarnScaled(wavelengths, config);
    case RopeType::default_: break;
  }
  return frequencies;
}

}  // namespace

RotaryTable::RotaryTable(const ModelConfig& config, at::Device device)
    : inverse_frequencies_(frequenciesOf(config).to(device)),
      attention_factor_(config.rope_scaling.attention_factor),
      interleaved_(config.rope_interleaved) {}

void RotaryTable::growTo(int64_t positions) const {
  if (cos_.defined() && cos_.size(0) >= positions) return;
  const int64_t have = cos_.defined() ? cos_.size(0) : 0;
  const int64_t rows = std::max(positions, 2 * have);
  const at::Tensor angles =
      at::outer(at::arange(rows, inverse_frequencies_.options()), inverse_frequencies_);
  cos_ = (angles.cos() * attention_factor_).unsqueeze(1);
  sin_ = (angles.sin() * attention_factor_).unsqueeze(1);
}

RotaryRows RotaryTable::rows(int64_t begin, int64_t end) const {
  growTo(end);
  const int64_t pairs = cos_.size(2);
  return {cos_.const_data_ptr<float>() + begin * pairs, sin_.const_data_ptr<float>() + begin * pairs,
          interleaved_};
}

at::Tensor RotaryTable::rotatedInOnePass(const at::Tensor& x, int64_t first_position) const {
  const RotaryRows turns = rows(first_position, first_position + x.size(0));
  at::Tensor result = at::empty(x.sizes(), x.options());
  simd::rotate({.x = x.const_data_ptr(),
                .result = result.mutable_data_ptr(),
                .dtype = dtypeOf(x.scalar_type()),
                .rows = x.size(0),
                .row_stride = x.stride(0),
                .heads = x.size(1),
                .dim = x.size(2),
                .interleaved = turns.interleaved,
                .cos = turns.cos,
                .sin = turns.sin});
  return result;
}

at::Tensor RotaryTable::rotate(const at::Tensor& x, int64_t first_position) const {
  const bool heads_adjoin = x.stride(2) == 1 && (x.size(1) == 1 || x.stride(1) == x.size(2));
  if (hasPlainElements(x) && heads_adjoin) return rotatedInOnePass(x, first_position);
  growTo(first_position + x.size(0));
  const at::Tensor cos = cos_.slice(0, first_position, first_position + x.size(0));
  const at::Tensor sin = sin_.slice(0, first_position, first_position + x.size(0));
  const int64_t width = x.size(2);
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor a = interleaved_ ? wide.slice(2, 0, width, 2) : wide.slice(2, 0, width / 2);
  const at::Tensor b = interleaved_ ? wide.slice(2, 1, width, 2) : wide.slice(2, width / 2);
  const at::Tensor turned_a = a * cos - b * sin;
  const at::Tensor turned_b = b * cos + a * sin;
  const at::Tensor turned = interleaved_ ? at::stack({turned_a, turned_b}, 3).flatten(2)
                                         : at::cat({turned_a, turned_b}, 2);
  return turned.to(x.scalar_type());
}

}  // namespace xkv
