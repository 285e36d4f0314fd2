// SPDX-License-Identifier: Apache-2.0
/// The best error that any factors of made-up rows can have.
#include "tests/engine/synthetic_kv.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_svdvals.h>

#include <cmath>

namespace xkv::test {

at::Tensor joined(const LayerRows& rows) {
  std::vector<at::Tensor> exact;
  for (const at::Tensor& layer : rows) exact.push_back(layer.to(at::kDouble));
  return at::cat(exact, 1);
}

double optimalError(const LayerRows& rows, int64_t rank) {
  const at::Tensor energy = at::linalg_svdvals(joined(rows)).square();
  const double total = energy.sum().item<double>();
  if (total == 0) return 0;
  return std::sqrt(std::max(0.0, energy.slice(0, rank).sum().item<double>() / total));
}

}  // namespace xkv::test
