// SPDX-License-Identifier: Apache-2.0
/// One stream of a group of layers as factors: A in segments of tokens, one B_l per layer.
#pragma once

#include <vector>

#include "engine/cache/group_svd.h"
#include "engine/cache/quantized_factors.h"

namespace xkv {

/// How factors are kept.
struct FactorForm {
  at::ScalarType dtype = at::kFloat;  ///< of what is not quantised, and of products while decoding
  int64_t token_basis_bits = 0;       ///< 0, 8 or 4
  int64_t layer_factor_bits = 0;
  bool grows = false;  ///< segments will follow: B's rows are made of norm 1, so that projecting is well posed
};

/// What became of a segment of new rows.
struct SegmentOutcome {
  double residual = 0;  ///< of projecting it on the basis as it was
  double error = 0;     ///< as it is kept
  int64_t rank_before = 0;
  int64_t rank_after = 0;
};

/// Rows are A B_l. The first segment of A is the prompt's; later ones hold new tokens and may use rows that were
/// added to B for them.
class FactoredStream {
 public:
  FactoredStream() = default;
  static Result<FactoredStream> make(const GroupFactors& factors, int64_t num_layers,
                                     const FactorForm& form);

  bool defined() const { return !factors_.empty(); }
  int64_t rank() const { return factors_.front().numRows(); }
  /// As the prompt was factored; segments may have added to it.
  int64_t promptRank() const { return segments_.front().numColumns(); }
  int64_t numTokens() const { return num_tokens_; }
  int64_t numLayers() const { return static_cast<int64_t>(factors_.size()); }
  int64_t width() const { return factors_.front().numColumns(); }  ///< of one layer
  const FactorForm& form() const { return form_; }

  /// B_l of the group's i-th layer, (rank, width) in the form's dtype.
  at::Tensor factor(int64_t i) const { return factors_[static_cast<size_t>(i)].all(); }
  /// A of the prompt, (tokens, rank) in the form's dtype.
  at::Tensor promptBasis() const { return segments_.front().all(); }
  /// A's segments where they lie, (tokens, rank then); none where a part is quantised.
  std::vector<at::Tensor> plainSegments() const;
  /// Rows [begin, end) of the layer whose factor() this is, (end - begin, width).
  at::Tensor rows(const at::Tensor& factor, int64_t begin, int64_t end) const;
  /// weights (n, tokens) times A, (n, rank).
  at::Tensor absorbed(const at::Tensor& weights) const;
  /// All rows of the i-th layer, (tokens, width) fp32.
  at::Tensor exact(int64_t i) const;

  /// New rows of all layers, (n, width) each, become a segment (METHOD.md 2). B's rows need not be orthonormal
  /// after rounding: coefficients are those of least squares.
  Result<SegmentOutcome> append(const LayerRows& rows, double most_residual);
  /// Back to the prompt: later segments and the rows that B got for them go.
  void forgetSegments();

  int64_t basisBytes() const;
  int64_t factorBytes() const;

 private:
  FactorForm form_;
  std::vector<FactorMatrix> segments_;  // of A, (tokens, rank then)
  std::vector<FactorMatrix> factors_;   // B_l
  int64_t num_tokens_ = 0;

  at::Tensor exactBasis() const;  // B of all layers side by side, (rank, layers x width) fp32
};

}  // namespace xkv
