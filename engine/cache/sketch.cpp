// SPDX-License-Identifier: Apache-2.0
/// Right singular vectors by a random sketch with power steps: products with X only, no Gram matrix.
#include "engine/cache/sketch.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>

#include "engine/cache/layer_products.h"
#include "engine/cache/orthonormal.h"

namespace xkv {
namespace {

constexpr int kPowerSteps = 2;
constexpr int64_t kExtraColumns = 32;

}  // namespace

at::Tensor sketchedVectors(const LayerRows& rows, int64_t rank, at::ScalarType type,
                           const std::stop_token& stop) {
  const int64_t width = widthOf(rows);
  const int64_t columns = std::min({rank + kExtraColumns, rows.front().size(0), width});
  auto generator = at::make_generator<at::CPUGeneratorImpl>(0x784B56u);
  const auto options = at::TensorOptions().dtype(type);
  at::Tensor basis = at::randn({width, columns}, generator, options).to(rows.front().device());
  at::Tensor image = timesColumns(rows, basis, Rounding::none, stop);
  for (int step = 0; step < kPowerSteps; ++step) {
    if (!image.defined()) return {};
    const at::Tensor next = timesRows(shiftedCholeskyQr(image), rows, stop);
    if (!next.defined()) return {};
    basis = shiftedCholeskyQr(next.t());
    image = timesColumns(rows, basis, Rounding::none, stop);
  }
  if (!image.defined()) return {};
  const at::Tensor wide = image.to(at::kDouble);
  const auto [values, vectors] = at::linalg_eigh(at::mm(wide.t(), wide), "L");
  return at::mm(basis, vectors.flip(1).slice(1, 0, rank).to(type));
}

}  // namespace xkv
