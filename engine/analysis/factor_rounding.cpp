// SPDX-License-Identifier: Apache-2.0
/// What rounding a group's factors to bf16 adds to its error, for every rank.
#include "engine/analysis/factor_rounding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

namespace xkv {
namespace {

constexpr int64_t kExactColumns = 32;  // of A
constexpr int64_t kBlockRows = 4096;   // of A at a time

/// Mean of (bf16(x) - x)^2 / x^2 over energy, mantissas m spread as 1 / m on [1, 2): the step is 2^-7, its error
/// 2^-14 / 12 on average, and m^2 is 3 / (2 ln 2) on average.
constexpr double kMeanLoss = 2.351e-6;

/// What rounding does to A.
struct BasisLoss {
  at::Tensor energies;     // (n): squared norms of the columns
  at::Tensor columns;      // (n): squared norms of their rounding dA
  at::Tensor with_itself;  // (k, k): dA^T A of the leading columns
};

/// bf16(x) - x, fp64.
at::Tensor roundingOf(const at::Tensor& exact) {
  return exact.to(at::kFloat).to(at::kBFloat16).to(at::kDouble) - exact.to(at::kDouble);
}

at::Tensor squaredColumns(const at::Tensor& matrix) {
  return matrix.square().sum(at::IntArrayRef({0}));
}

/// X V of a block of rows.
at::Tensor columnsOf(const LayerRows& rows, int64_t begin, const at::Tensor& directions) {
  const int64_t width = rows.front().size(1);
  at::Tensor columns;
  for (size_t l = 0; l < rows.size(); ++l) {
    const auto first = static_cast<int64_t>(l) * width;
    const at::Tensor part = at::mm(rows[l].slice(0, begin, begin + kBlockRows).to(at::kFloat),
                                   directions.slice(0, first, first + width));
    columns = columns.defined() ? columns.add_(part) : part;
  }
  return columns;
}

/// Of A = X V: the leading columns are computed, the others have the mean loss.
BasisLoss lossOfProduct(const LayerRows& rows, const at::Tensor& directions,
                        const at::Tensor& energies) {
  const int64_t exact = std::min(kExactColumns, directions.size(1));
  BasisLoss loss{energies, energies * kMeanLoss,
                 at::zeros({exact, exact}, energies.options())};
  at::Tensor leading = loss.columns.slice(0, 0, exact).zero_();
  const at::Tensor narrow = directions.slice(1, 0, exact).to(at::kFloat);
  for (int64_t begin = 0; begin < rows.front().size(0); begin += kBlockRows) {
    const at::Tensor columns = columnsOf(rows, begin, narrow);
    const at::Tensor lost = roundingOf(columns);
    leading.add_(squaredColumns(lost));
    loss.with_itself.add_(at::mm(lost.t(), columns.to(at::kDouble)));
  }
  return loss;
}

BasisLoss lossOfBasis(const at::Tensor& basis) {
  const at::Tensor lost = roundingOf(basis);
  return {squaredColumns(basis), squaredColumns(lost),
          at::mm(lost.slice(1, 0, kExactColumns).t(), basis.slice(1, 0, kExactColumns))};
}

/// ||dA B + A dB||^2 of one layer, direction by direction: what each adds when it comes to those before it. factor is
/// B_l^T, (width, n). Where values repeat, dA leans on A and dB on B, and the two do not add as squares: the product
/// 2 <dA B, A dB> of the leading directions counts.
at::Tensor lossOfLayer(const BasisLoss& basis, const at::Tensor& factor) {
  const at::Tensor lost = roundingOf(factor);
  at::Tensor loss = squaredColumns(factor) * basis.columns + squaredColumns(lost) * basis.energies;
  const int64_t exact = basis.with_itself.size(0);
  const at::Tensor leaning = at::mm(lost.slice(1, 0, exact).t(), factor.slice(1, 0, exact));
  const at::Tensor products = basis.with_itself * leaning.t();
  const at::Tensor sums = at::diagonal(at::cumsum(at::cumsum(products, 0), 1));
  at::Tensor gained = sums.clone();
  gained.slice(0, 1).sub_(sums.slice(0, 0, exact - 1));
  loss.slice(0, 0, exact).add_(gained, 2);
  return loss;
}

}  // namespace

at::Tensor roundingOfDirections(const LayerRows& rows, const at::Tensor& directions,
                                const at::Tensor& eigenvalues) {
  const BasisLoss basis = lossOfProduct(rows, directions, eigenvalues.clamp_min(0));
  std::vector<at::Tensor> losses;
  for (const at::Tensor& factor : directions.chunk(static_cast<int64_t>(rows.size()), 0)) {
    losses.push_back(lossOfLayer(basis, factor));
  }
  return at::stack(losses);
}

at::Tensor roundingOfTokens(const at::Tensor& left, const std::vector<at::Tensor>& layer_factors) {
  const BasisLoss basis = lossOfBasis(left);
  std::vector<at::Tensor> losses;
  for (const at::Tensor& factor : layer_factors) losses.push_back(lossOfLayer(basis, factor));
  return at::stack(losses);
}

}  // namespace xkv
