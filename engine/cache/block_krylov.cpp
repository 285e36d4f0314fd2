// SPDX-License-Identifier: Apache-2.0
/// Leading right singular vectors from a block Krylov subspace of the Gram matrix X^T X, which is never formed.
#include "engine/cache/block_krylov.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

#include "engine/cache/layer_products.h"
#include "engine/cache/orthonormal.h"
#include "engine/cache/stoppable.h"

namespace xkv {
namespace {

constexpr int64_t kFirstBlocks = 5;       // what ordinary spectra need at blocks of half the rank
constexpr int64_t kMostBlocks = 9;
constexpr int64_t kLeastBlockSize = 64;   // narrower products are slower per column
constexpr double kGainOfResidual = 7e-4;  // 1.001 of the optimum leaves 2e-3 of the residual energy
constexpr double kFp32Resolves = 1e-6;    // of the energy: what is left below this, fp32 products do not see
constexpr double kFp32Turns = 1e-2;       // of the energy: above such a residual, vectors in fp32 lose nothing
constexpr double kLeastDecay = 1.5;       // of gains from block to block, where they do not show a faster one
constexpr int64_t kProductsAtOnce = int64_t{1} << 28;  // between looks at the stop token

int64_t blockSizeFor(int64_t rank) { return std::max(kLeastBlockSize, (rank + 31) / 32 * 16); }

/// The subspace, grown block by block.
class BlockKrylov {
 public:
  BlockKrylov(const LayerRows& rows, int64_t rank, const std::stop_token& stop)
      : rows_(rows),
        rank_(rank),
        seq_len_(rows.front().size(0)),
        width_(widthOf(rows)),
        size_(blockSizeFor(rank)),
        step_(std::clamp<int64_t>(kProductsAtOnce / (width_ * size_), 64, 1024)),
        blocks_(rows, at::kFloat),
        stop_(stop) {}

  /// False when stopped.
  bool run() {
    if (!start()) return false;
    for (int64_t count = 1; count < kFirstBlocks; ++count) {
      if (!addImage(/*with_next=*/true)) return false;
    }
    for (int64_t count = kFirstBlocks; true; ++count) {
      if (!addImage(/*with_next=*/false) || !lookAtGains(count)) return false;
      if (settled_ || unresolved_ || count == kMostBlocks) return true;
      if (!addNext()) return false;
    }
  }

  std::optional<KrylovVectors> vectors(at::ScalarType image_type) {
    if (!settled_ || unresolved_) return std::nullopt;
    const at::Tensor turn = best_.to(at::kFloat);
    const at::Tensor image = at::empty({seq_len_, rank_}, basis_.options().dtype(image_type));
    for (int64_t begin = 0; begin < seq_len_; begin += step_) {
      if (stop_.stop_requested()) return std::nullopt;
      const int64_t end = std::min(begin + step_, seq_len_);
      image.slice(0, begin, end).copy_(imageTimes(turn, begin, end));
    }
    return KrylovVectors{at::mm(basis_, turn), image};
  }

 private:
  /// X^T S of a sparse random S, one sign in each row: half a power step, for one pass of additions.
  bool start() {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(0x784B56u);
    const auto options = rows_.front().options().dtype(at::kFloat);
    const at::Tensor signs =
        (at::randint(0, 2, {seq_len_, 1}, generator, at::TensorOptions(at::kFloat)) * 2 - 1)
            .to(options.device());
    at::Tensor sums = at::zeros({size_, width_}, options);
    for (int64_t begin = 0; begin < seq_len_; begin += size_) {
      if (stop_.stop_requested()) return false;
      const int64_t end = std::min(begin + size_, seq_len_);
      const at::Tensor block = blocks_.block(begin, end);
      const double norm = at::linalg_vector_norm(block, 2, {}, false, at::kDouble).item<double>();
      energy_ += norm * norm;
      sums.slice(0, 0, end - begin).addcmul_(block, signs.slice(0, begin, end));
    }
    block_ = orthonormal(sums.t().contiguous());
    basis_ = block_;
    return true;
  }

  /// The image X Q of the newest block Q, its products with all images, and the next block from X^T X Q.
  bool addImage(bool with_next) {
    const auto wide = basis_.options().dtype(at::kDouble);
    images_.push_back(at::empty({seq_len_, size_}, basis_.options()));
    at::Tensor next = at::zeros({width_, size_}, wide);
    at::Tensor products = at::zeros({basis_.size(1), size_}, wide);
    for (int64_t begin = 0; begin < seq_len_; begin += step_) {
      if (stop_.stop_requested()) return false;
      const int64_t end = std::min(begin + step_, seq_len_);
      const at::Tensor block = blocks_.block(begin, end);
      at::Tensor image = images_.back().slice(0, begin, end);
      at::mm_out(image, block, block_);
      for (size_t i = 0; i < images_.size(); ++i) {
        const auto first = static_cast<int64_t>(i) * size_;
        products.slice(0, first, first + size_)
            .add_(at::mm(images_[i].slice(0, begin, end).t(), image));
      }
      if (with_next) next.add_(at::mm(block.t(), image));
    }
    addProducts(products);
    if (with_next) addBlock(next);
    return true;
  }

  /// The next block from the newest image, where the pass that made the image left it out.
  bool addNext() {
    at::Tensor next = at::zeros({width_, size_}, basis_.options().dtype(at::kDouble));
    for (int64_t begin = 0; begin < seq_len_; begin += step_) {
      if (stop_.stop_requested()) return false;
      const int64_t end = std::min(begin + step_, seq_len_);
      next.add_(at::mm(blocks_.block(begin, end).t(), images_.back().slice(0, begin, end)));
    }
    addBlock(next);
    return true;
  }

  /// Rows [begin, end) of (X basis) turn.
  at::Tensor imageTimes(const at::Tensor& turn, int64_t begin, int64_t end) const {
    at::Tensor sum = at::mm(images_.front().slice(0, begin, end), turn.slice(0, 0, size_));
    for (size_t i = 1; i < images_.size(); ++i) {
      const auto first = static_cast<int64_t>(i) * size_;
      sum.addmm_(images_[i].slice(0, begin, end), turn.slice(0, first, first + size_));
    }
    return sum;
  }

  /// (X basis)^T (X basis) gets the newest block's columns and rows.
  void addProducts(const at::Tensor& products) {
    const int64_t have = projected_.defined() ? projected_.size(0) : 0;
    const at::Tensor larger = at::empty({have + size_, have + size_}, products.options());
    if (have > 0) larger.slice(0, 0, have).slice(1, 0, have).copy_(projected_);
    larger.slice(1, have).copy_(products);
    larger.slice(0, have).slice(1, 0, have).copy_(products.slice(0, 0, have).t());
    projected_ = larger;
  }

  void addBlock(const at::Tensor& next) {
    at::Tensor columns = (next / at::linalg_vector_norm(next, 2, {0}).clamp_min(1e-300)).to(at::kFloat);
    for (int pass = 0; pass < 2; ++pass) {
      columns = orthonormal(columns - at::mm(basis_, at::mm(basis_.t(), columns)));
    }
    block_ = columns;
    basis_ = at::cat({basis_, block_}, 1);
  }

  /// The best `rank` directions within all blocks, and their energy; false when stopped. Vectors in fp32 do where the
  /// residual is far above their rounding; energies are of fp64 products.
  bool findBest() {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const auto eigen = eigenOf(projected_.to(type), stop_);
      if (!eigen) return false;
      best_ = eigen->vectors.flip(1).slice(1, 0, rank_).to(at::kDouble).contiguous();
      best_energy_ = energyWithin(best_.size(0));
      if (energy_ - best_energy_ > kFp32Turns * energy_) break;
    }
    return true;
  }

  /// Energy of what the best directions have within the first `size` columns of the basis: nearly that of the best ones
  /// there, without their eigenvalues.
  double energyWithin(int64_t size) const {
    const at::Tensor within = best_.slice(0, 0, size);
    const at::Tensor products = projected_.slice(0, 0, size).slice(1, 0, size);
    const auto [factor, info] = at::linalg_cholesky_ex(at::mm(within.t(), within), /*upper=*/true);
    if (info.item<int>() != 0) return 0;  // the rank needs more columns than these
    const at::Tensor turned =
        at::linalg_solve_triangular(factor, within, /*upper=*/true, /*left=*/false);
    return (turned * at::mm(products, turned)).sum().item<double>();
  }

  /// What blocks to come would gain, from how gains have fallen; false when stopped.
  bool lookAtGains(int64_t count) {
    if (!findBest()) return false;
    const double gain = best_energy_ - energyWithin((count - 1) * size_);
    const double gain_before = best_energy_ - gain - energyWithin((count - 2) * size_);
    const double residual = energy_ - best_energy_;
    unresolved_ = residual < kFp32Resolves * energy_;
    const double decay = gain > 0 ? std::max(kLeastDecay, gain_before / gain) : kLeastDecay;
    // Gains fall faster and faster: a geometric series of this decay, less one factor of it, is above what is left.
    settled_ = gain / (decay - 1) < kGainOfResidual * decay * residual;
    return true;
  }

  const LayerRows& rows_;
  int64_t rank_;
  int64_t seq_len_;
  int64_t width_;
  int64_t size_;  // columns of a block
  int64_t step_;  // rows at a time
  RowBlocks blocks_;
  const std::stop_token& stop_;
  double energy_ = 0;             // ||X||^2
  at::Tensor block_;              // newest block, (width, size)
  at::Tensor basis_;              // all blocks, (width, count * size), orthonormal
  std::vector<at::Tensor> images_;  // X times each block, (seq_len, size)
  at::Tensor projected_;          // (X basis)^T (X basis), fp64
  at::Tensor best_;               // (count * size, rank), fp64: the best directions in the basis, orthonormal to rounding
  double best_energy_ = 0;
  bool settled_ = false;
  bool unresolved_ = false;
};

}  // namespace

bool suitsKrylov(const LayerRows& rows, int64_t rank) {
  const int64_t smaller = std::min(rows.front().size(0), widthOf(rows));
  return 2 * kFirstBlocks * blockSizeFor(rank) <= smaller && kMostBlocks * blockSizeFor(rank) <= smaller;
}

std::optional<KrylovVectors> krylovVectors(const LayerRows& rows, int64_t rank,
                                           at::ScalarType image_type,
                                           const std::stop_token& stop) {
  BlockKrylov subspace(rows, rank, stop);
  return subspace.run() ? subspace.vectors(image_type) : std::nullopt;
}

}  // namespace xkv
