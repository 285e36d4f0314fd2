// SPDX-License-Identifier: Apache-2.0
/// Leading eigenvectors of a Gram matrix from a block Krylov subspace.
#include "engine/cache/block_krylov.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "engine/cache/orthonormal.h"
#include "engine/cache/stoppable.h"

namespace xkv {
namespace {

constexpr int64_t kFirstBlocks = 4;       // what ordinary spectra need at blocks of 5/8 of the rank
constexpr int64_t kMostBlocks = 12;
constexpr int64_t kLeastBlockSize = 64;   // narrower products are slower per column
constexpr double kGainOfResidual = 7e-4;  // 1.001 of the optimum leaves 2e-3 of the residual
constexpr double kFp32Resolves = 1e-6;    // of the trace: what is left below this, fp32 products do not see
constexpr double kFp64Resolves = 1e-14;
constexpr double kFp32Turns = 1e-2;       // of the trace: above such a residual, vectors in fp32 lose nothing
constexpr double kLeastDecay = 1.5;       // of gains from block to block, where they do not show a faster one
constexpr int64_t kProductRows = 512;     // of a product, between looks at the stop token

int64_t blockSizeFor(int64_t rank) { return std::max(kLeastBlockSize, (rank * 5 / 8 + 15) / 16 * 16); }

/// The subspace, grown block by block.
class BlockKrylov {
 public:
  BlockKrylov(const at::Tensor& gram, int64_t rank, at::ScalarType type, const std::stop_token& stop)
      : matrix_(gram.to(type)),
        rank_(rank),
        size_(blockSizeFor(rank)),
        type_(type),
        stop_(stop),
        trace_(at::diagonal(gram).sum().item<double>()) {}

  LeadingVectors vectors() {
    if (!run()) return {};
    const at::Tensor vectors = product(basis_, best_.to(type_));
    if (stop_.stop_requested()) return {};
    return {vectors.to(at::kDouble), trace_ > 0 ? best_trace_ / trace_ : 1};
  }

 private:
  /// False when stopped, and where it does not settle.
  bool run() {
    start();
    for (int64_t count = 1; true; ++count) {
      if (!addImage()) return false;
      if (count >= kFirstBlocks) {
        if (!lookAtGains(count)) return false;
        if (settled_) return true;
        if (unresolved_ || count == kMostBlocks || basis_.size(1) + size_ > matrix_.size(0)) return false;
      }
      if (!addBlock()) return false;
    }
  }

  /// G S of a sparse random S, one sign in each row: a power step for one pass of additions.
  void start() {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(0x784B56u);
    const int64_t n = matrix_.size(0);
    const at::Tensor signs =
        (at::randint(0, 2, {n, 1}, generator, at::TensorOptions(type_)) * 2 - 1).to(matrix_.device());
    at::Tensor sums = at::zeros({size_, n}, matrix_.options());
    for (int64_t begin = 0; begin < n; begin += size_) {
      const int64_t end = std::min(begin + size_, n);
      sums.slice(0, 0, end - begin).addcmul_(matrix_.slice(0, begin, end), signs.slice(0, begin, end));
    }
    block_ = orthonormal(sums.t().contiguous());
    basis_ = block_;
  }

  /// left right, some rows at a time; what is left undone when stopped is undefined.
  at::Tensor product(const at::Tensor& left, const at::Tensor& right) const {
    const at::Tensor result = at::empty({left.size(0), right.size(1)}, right.options());
    for (int64_t begin = 0; begin < left.size(0) && !stop_.stop_requested(); begin += kProductRows) {
      const int64_t end = std::min(begin + kProductRows, left.size(0));
      at::Tensor part = result.slice(0, begin, end);
      at::mm_out(part, left.slice(0, begin, end), right);
    }
    return result;
  }

  /// G Q of the newest block Q, and what of it is within the basis; false when stopped.
  bool addImage() {
    image_ = product(matrix_, block_);
    within_ = product(basis_.t(), image_);
    if (stop_.stop_requested()) return false;
    addProjected(within_.to(at::kDouble));
    return true;
  }

  /// basis^T G basis gets the newest block's columns and rows.
  void addProjected(const at::Tensor& columns) {
    const int64_t have = projected_.defined() ? projected_.size(0) : 0;
    const at::Tensor larger = at::empty({have + size_, have + size_}, columns.options());
    if (have > 0) larger.slice(0, 0, have).slice(1, 0, have).copy_(projected_);
    larger.slice(1, have).copy_(columns);
    larger.slice(0, have).slice(1, 0, have).copy_(columns.slice(0, 0, have).t());
    projected_ = larger;
  }

  /// The next block: what of the newest image lies outside of the basis; false when stopped.
  bool addBlock() {
    const at::Tensor outside = image_ - product(basis_, within_);
    if (stop_.stop_requested()) return false;
    const at::Tensor columns = nearlyOrthonormal(outside);
    const at::Tensor left = columns - product(basis_, product(basis_.t(), columns));
    if (stop_.stop_requested()) return false;
    block_ = orthonormal(left);
    basis_ = at::cat({basis_, block_}, 1);
    return true;
  }

  /// The best `rank` directions within all blocks, and what they hold of the trace; false when stopped.
  bool findBest() {
    for (const at::ScalarType type : {type_, at::kDouble}) {
      const auto eigen = eigenOf(projected_.to(type), stop_);
      if (!eigen) return false;
      best_ = eigen->vectors.flip(1).slice(1, 0, rank_).contiguous();
      best_trace_ = eigen->values.flip(0).slice(0, 0, rank_).sum(at::kDouble).item<double>();
      if (trace_ - best_trace_ > kFp32Turns * trace_) break;
    }
    return true;
  }

  /// Of what the best directions have within the first `size` columns of the basis: nearly that of the best ones there,
  /// without their eigenvalues.
  double traceWithin(int64_t size) const {
    const at::Tensor within = best_.slice(0, 0, size);
    const at::Tensor products = projected_.slice(0, 0, size).slice(1, 0, size).to(best_.scalar_type());
    const auto [factor, info] = at::linalg_cholesky_ex(at::mm(within.t(), within), /*upper=*/true);
    if (info.item<int>() != 0) return 0;  // the rank needs more columns than these
    const at::Tensor turned =
        at::linalg_solve_triangular(factor, within, /*upper=*/true, /*left=*/false);
    return (turned * product(products, turned)).sum(at::kDouble).item<double>();
  }

  /// What blocks to come would gain, from how gains have fallen; false when stopped.
  bool lookAtGains(int64_t count) {
    if (!findBest()) return false;
    const double gain = best_trace_ - traceWithin((count - 1) * size_);
    if (stop_.stop_requested()) return false;
    const double gain_before = best_trace_ - gain - traceWithin((count - 2) * size_);
    const double residual = trace_ - best_trace_;
    const bool in_fp32 = type_ == at::kFloat;
    if (stop_.stop_requested()) return false;
    unresolved_ = in_fp32 && residual < kFp32Resolves * trace_;
    const double decay = gain > 0 ? std::max(kLeastDecay, gain_before / gain) : kLeastDecay;
    // Gains fall faster and faster: a geometric series of this decay, less one factor of it, is above what is left.
    settled_ = !unresolved_ && (gain / (decay - 1) < kGainOfResidual * decay * residual ||
                                residual <= kFp64Resolves * trace_);
    return true;
  }

  const at::Tensor matrix_;
  int64_t rank_;
  int64_t size_;  // columns of a block
  at::ScalarType type_;
  const std::stop_token& stop_;
  double trace_;
  at::Tensor block_;      // newest block, (n, size)
  at::Tensor basis_;      // all blocks, (n, count * size), orthonormal
  at::Tensor image_;      // G times the newest block
  at::Tensor within_;     // basis^T image
  at::Tensor projected_;  // basis^T G basis, fp64
  at::Tensor best_;       // (count * size, rank): the best directions in the basis, orthonormal to rounding
  double best_trace_ = 0;
  bool settled_ = false;
  bool unresolved_ = false;
};

}  // namespace

bool suitsKrylov(int64_t size, int64_t rank) {
  return 4 * kFirstBlocks * blockSizeFor(rank) <= 3 * size;
}

LeadingVectors krylovEigenvectors(const at::Tensor& gram, int64_t rank, at::ScalarType type,
                                  const std::stop_token& stop) {
  return BlockKrylov(gram, rank, type, stop).vectors();
}

}  // namespace xkv
