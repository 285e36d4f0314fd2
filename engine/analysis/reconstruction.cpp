// SPDX-License-Identifier: Apache-2.0
/// Measured error of what is kept against the rows they replace, per layer, KV head and token.
#include "engine/analysis/reconstruction.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "engine/analysis/tensor_values.h"
#include "engine/cache/cache_parts.h"

namespace xkv {
namespace {

/// sqrt(residual / energy) elementwise, 0 where the energy is 0.
at::Tensor relative(const at::Tensor& residual, const at::Tensor& energy) {
  return at::where(energy > 0, (residual / energy.clamp_min(1e-300)).sqrt(), 0.0);
}

void append(std::vector<float>& values, const at::Tensor& tensor) {
  const std::vector<float> more = floatsOf(tensor);
  values.insert(values.end(), more.begin(), more.end());
}

}  // namespace

ReconstructionRecord measureReconstruction(const SealedGroup& sealed, int64_t num_kv_heads,
                                           FactorBackend backend) {
  ReconstructionRecord record;
  record.stream = sealed.stream;
  record.group = sealed.group;
  record.first_layer = sealed.planned.first_layer;
  record.num_layers = sealed.planned.num_layers;
  record.seq_len = sealed.rows.front().size(0);
  record.num_kv_heads = num_kv_heads;
  record.rank = sealed.rank;
  record.factor_backend = backend;
  record.factor_dtype = dtypeOf(sealed.dtype);
  record.token_basis_bits = sealed.token_basis_bits;
  record.layer_factor_bits = sealed.layer_factor_bits;

  const int64_t kv_dim = sealed.rows.front().size(1);
  double residual_sum = 0;
  double energy_sum = 0;
  for (int64_t i = 0; i < record.num_layers; ++i) {
    const at::Tensor rows = sealed.rows[static_cast<size_t>(i)].to(at::kFloat);
    const std::vector<int64_t> heads{record.seq_len, num_kv_heads, kv_dim / num_kv_heads};
    const at::Tensor residual =
        (rows - sealed.rebuilt(i)).square_().view(heads).sum({2}, false, at::kDouble);
    const at::Tensor energy = rows.square().view(heads).sum({2}, false, at::kDouble);
    const double layer_residual = residual.sum().item<double>();
    const double layer_energy = energy.sum().item<double>();
    residual_sum += layer_residual;
    energy_sum += layer_energy;
    record.layer_error.push_back(
        static_cast<float>(layer_energy > 0 ? std::sqrt(layer_residual / layer_energy) : 0));
    append(record.head_error, relative(residual.sum({0}), energy.sum({0})));
    append(record.token_error, relative(residual.sum({1}), energy.sum({1})));
  }
  record.energy = energy_sum;
  record.error = energy_sum > 0 ? std::sqrt(residual_sum / energy_sum) : 0;
  return record;
}

}  // namespace xkv
