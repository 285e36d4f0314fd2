// SPDX-License-Identifier: Apache-2.0
/// One stream of a group of layers as factors: A in segments of tokens, one B_l per layer.
#include "engine/cache/factored_stream.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "engine/cache/segment_projection.h"

namespace xkv {
namespace {

constexpr int64_t kBlockRows = 2048;  // rows of A that are dequantised at a time

}  // namespace

Result<FactoredStream> FactoredStream::make(const GroupFactors& factors, int64_t num_layers,
                                            const FactorForm& form) {
  FactoredStream stream;
  stream.form_ = form;
  stream.num_tokens_ = factors.token_basis.size(0);
  at::Tensor token_basis = factors.token_basis;
  at::Tensor layer_factors = factors.layer_factors;
  if (form.grows) {
    const at::Tensor norms =
        at::linalg_vector_norm(layer_factors, 2, {1}, true, at::kFloat).clamp_min(1e-30);
    token_basis = token_basis.to(at::kFloat) * norms.t();
    layer_factors = layer_factors.to(at::kFloat) / norms;
  }
  auto basis =
      FactorMatrix::make(token_basis, form.token_basis_bits, form.dtype, "the token basis");
  if (!basis) return Failure(basis.error());
  stream.segments_.push_back(std::move(*basis));
  for (const at::Tensor& part : layer_factors.chunk(num_layers, 1)) {
    auto factor = FactorMatrix::make(part, form.layer_factor_bits, form.dtype, "a layer factor");
    if (!factor) return Failure(factor.error());
    stream.factors_.push_back(std::move(*factor));
  }
  return stream;
}

std::vector<at::Tensor> FactoredStream::plainSegments() const {
  if (form_.token_basis_bits > 0 || form_.layer_factor_bits > 0) return {};
  std::vector<at::Tensor> segments;
  for (const FactorMatrix& basis : segments_) segments.push_back(basis.all());
  return segments;
}

at::Tensor FactoredStream::rows(const at::Tensor& factor, int64_t begin, int64_t end) const {
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (const FactorMatrix& basis : segments_) {
    const int64_t from = std::max<int64_t>(0, begin - first);
    const int64_t to = std::min(basis.numRows(), end - first);
    if (from < to) {
      parts.push_back(at::mm(basis.rows(from, to), factor.slice(0, 0, basis.numColumns())));
    }
    first += basis.numRows();
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

at::Tensor FactoredStream::absorbed(const at::Tensor& weights) const {
  at::Tensor sum = at::zeros({weights.size(0), rank()}, weights.options().dtype(at::kFloat));
  int64_t first = 0;
  for (const FactorMatrix& basis : segments_) {
    at::Tensor used = sum.slice(1, 0, basis.numColumns());
    const int64_t block = basis.bits() == 0 ? basis.numRows() : kBlockRows;
    for (int64_t begin = 0; begin < basis.numRows(); begin += block) {
      const int64_t end = std::min(begin + block, basis.numRows());
      used.add_(at::mm(weights.slice(1, first + begin, first + end).to(form_.dtype),
                       basis.rows(begin, end)));
    }
    first += basis.numRows();
  }
  return sum.to(form_.dtype);
}

at::Tensor FactoredStream::exact(int64_t i) const {
  const FactorMatrix& factor = factors_[static_cast<size_t>(i)];
  const at::Tensor whole = factor.exact(0, factor.numRows());
  std::vector<at::Tensor> parts;
  for (const FactorMatrix& basis : segments_) {
    parts.push_back(
        at::mm(basis.exact(0, basis.numRows()), whole.slice(0, 0, basis.numColumns())));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

at::Tensor FactoredStream::exactBasis() const {
  std::vector<at::Tensor> parts;
  for (const FactorMatrix& factor : factors_) parts.push_back(factor.exact(0, factor.numRows()));
  return at::cat(parts, 1);
}

Result<SegmentOutcome> FactoredStream::append(const LayerRows& rows, double most_residual) {
  const at::Tensor joined = at::cat(rows, 1).to(at::kFloat);
  SegmentOutcome outcome;
  outcome.rank_before = rank();
  const SegmentProjection projection = extendBasis(joined, exactBasis(), most_residual);
  outcome.residual = projection.residual;
  if (projection.new_rows.size(0) > 0) {
    const std::vector<at::Tensor> parts = projection.new_rows.chunk(numLayers(), 1);
    for (size_t i = 0; i < factors_.size(); ++i) {
      auto more =
          FactorMatrix::make(parts[i], form_.layer_factor_bits, form_.dtype, "a layer factor");
      if (!more) return Failure(more.error());
      factors_[i].append(*more);
    }
  }
  outcome.rank_after = rank();
  const at::Tensor basis = exactBasis();  // as it is kept
  auto segment = FactorMatrix::make(coefficientsOn(joined, basis), form_.token_basis_bits,
                                    form_.dtype, "the token basis");
  if (!segment) return Failure(segment.error());
  const at::Tensor rest = joined - at::mm(segment->exact(0, segment->numRows()), basis);
  const double whole = at::linalg_vector_norm(joined).item<double>();
  outcome.error = whole > 0 ? at::linalg_vector_norm(rest).item<double>() / whole : 0;
  num_tokens_ += segment->numRows();
  segments_.push_back(std::move(*segment));
  return outcome;
}

void FactoredStream::forgetSegments() {
  if (segments_.size() <= 1) return;
  segments_.resize(1);
  num_tokens_ = segments_.front().numRows();
  for (FactorMatrix& factor : factors_) {
    if (factor.numRows() > segments_.front().numColumns()) {
      factor.keepFirst(segments_.front().numColumns());
    }
  }
}

int64_t FactoredStream::basisBytes() const {
  int64_t sum = 0;
  for (const FactorMatrix& basis : segments_) sum += basis.bytes();
  return sum;
}

int64_t FactoredStream::factorBytes() const {
  int64_t sum = 0;
  for (const FactorMatrix& factor : factors_) sum += factor.bytes();
  return sum;
}

}  // namespace xkv
