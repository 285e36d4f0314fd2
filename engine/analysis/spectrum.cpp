// SPDX-License-Identifier: Apache-2.0
/// Singular values of a group of layers, and the exact error of every rank.
#include "engine/analysis/spectrum.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

#include "engine/analysis/factor_rounding.h"
#include "engine/analysis/tensor_values.h"
#include "engine/cache/layer_products.h"

namespace xkv {
namespace {

/// sqrt(1 - captured / total) for 0, 1, ..., n leading directions, (rows, n + 1).
at::Tensor errorOfRanks(const at::Tensor& captured, const at::Tensor& total) {
  const at::Tensor none = at::zeros({captured.size(0), 1}, captured.options());
  const at::Tensor sums = at::cat({none, at::cumsum(captured, 1)}, 1);
  const at::Tensor share = sums / total.unsqueeze(1).clamp_min(1e-300);
  const at::Tensor error = (1 - share).clamp_min(0).sqrt();
  return error * (total > 0).unsqueeze(1);
}

/// sqrt(sums of losses / total) for 0, 1, ..., n leading directions, (rows, n + 1).
at::Tensor roundingOfRanks(const at::Tensor& losses, const at::Tensor& total) {
  const at::Tensor none = at::zeros({losses.size(0), 1}, losses.options());
  const at::Tensor sums = at::cat({none, at::cumsum(losses, 1)}, 1);
  return (sums.clamp_min(0) / total.unsqueeze(1).clamp_min(1e-300)).sqrt() * (total > 0).unsqueeze(1);
}

/// Of n directions: the eigenvalues (n), what each captures of each layer and what its rounding loses there,
/// (num_layers, n) both.
struct Directions {
  at::Tensor eigenvalues;
  at::Tensor layer_captured;
  at::Tensor layer_rounding;
};

SpectrumRecord recordOf(const Directions& directions, const at::Tensor& layer_energy, int64_t width,
                        SpectrumPlace place) {
  SpectrumRecord record;
  record.stream = place.stream;
  record.first_layer = place.first_layer;
  record.num_layers = layer_energy.size(0);
  record.seq_len = place.seq_len;
  record.width = width;
  record.layer_energy = doublesOf(layer_energy);
  record.total_energy = layer_energy.sum().item<double>();
  const at::Tensor energies = directions.eigenvalues.clamp_min(0);
  record.singular_values = floatsOf(energies.sqrt());
  record.group_error = floatsOf(errorOfRanks(energies.unsqueeze(0), energies.sum().unsqueeze(0)));
  record.layer_error = floatsOf(errorOfRanks(directions.layer_captured.clamp_min(0), layer_energy));
  const at::Tensor lost = directions.layer_rounding.sum(at::IntArrayRef({0}), /*keepdim=*/true);
  record.group_rounding = floatsOf(roundingOfRanks(lost, layer_energy.sum().unsqueeze(0)));
  record.layer_rounding = floatsOf(roundingOfRanks(directions.layer_rounding, layer_energy));
  const std::vector<double> sums = doublesOf(at::cumsum(energies, 0));
  const auto rankFor = [&](double share) {
    const auto found = std::lower_bound(sums.begin(), sums.end(), share * sums.back());
    return std::min<int64_t>(found - sums.begin() + 1, static_cast<int64_t>(sums.size()));
  };
  record.rank_90 = rankFor(0.90);
  record.rank_95 = rankFor(0.95);
  record.rank_99 = rankFor(0.99);
  return record;
}

}  // namespace

SpectrumRecord spectrumFromGram(const at::Tensor& gram, const LayerRows& rows, SpectrumPlace place) {
  const auto num_layers = static_cast<int64_t>(rows.size());
  const int64_t width = gram.size(0);
  const int64_t kept = std::min(width, place.seq_len);
  const auto [ascending, vectors] = at::linalg_eigh(gram, "L");
  const at::Tensor eigenvalues = ascending.flip(0).slice(0, 0, kept);
  const at::Tensor directions = vectors.flip(1).slice(1, 0, kept);
  const at::Tensor layer_shares =
      directions.square().view({num_layers, width / num_layers, kept}).sum(1);
  const at::Tensor layer_energy =
      at::diagonal(gram).view({num_layers, width / num_layers}).sum(1);
  return recordOf({eigenvalues, layer_shares * eigenvalues,
                   roundingOfDirections(rows, directions, eigenvalues)},
                  layer_energy, width, place);
}

SpectrumRecord spectrumFromRows(const LayerRows& rows, SpectrumPlace place) {
  const int64_t width = static_cast<int64_t>(rows.size()) * rows.front().size(1);
  const int64_t kept = std::min(width, place.seq_len);
  const at::Tensor gram = tokenGram(rows, productsFor(place.seq_len), {});
  const auto [ascending, vectors] = at::linalg_eigh(gram, "L");
  const at::Tensor left = vectors.flip(1).slice(1, 0, kept);
  std::vector<at::Tensor> factors;
  std::vector<at::Tensor> captured;
  std::vector<at::Tensor> energy;
  for (const at::Tensor& layer : rows) {
    const at::Tensor exact = layer.to(at::kDouble);
    factors.push_back(at::mm(exact.t(), left));
    captured.push_back(factors.back().square().sum(0));
    energy.push_back(exact.square().sum());
  }
  return recordOf({ascending.flip(0).slice(0, 0, kept), at::stack(captured),
                   roundingOfTokens(left, factors)},
                  at::stack(energy), width, place);
}

std::optional<SpectrumRecord> spectrumOfGroup(const LayerRows& rows, SpectrumPlace place,
                                              std::stop_token stop) {
  const int64_t width = widthOf(rows);
  if (std::min(width, place.seq_len) > kWidestSpectrum || stop.stop_requested()) return std::nullopt;
  if (place.seq_len < width) return spectrumFromRows(rows, place);
  const at::Tensor gram = groupGram(rows, productsFor(width), std::move(stop));
  if (!gram.defined()) return std::nullopt;
  return spectrumFromGram(gram, rows, place);
}

}  // namespace xkv
