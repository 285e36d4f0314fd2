// SPDX-License-Identifier: Apache-2.0
/// Each factorization back end beside LAPACK's full SVD and torch's svd_lowrank(q = rank), with everybody's
/// error as a ratio to the optimum. One run compares them: T = 4096, C = 2048 (2 layers of 1024), r = 256.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include "engine/cache/group_svd.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

constexpr int64_t kRank = 256;

const LayerRows& rows() {
  static const LayerRows made = test::syntheticRows({.seq_len = 4096,
                                                     .kv_dim = 1024,
                                                     .num_layers = 2,
                                                     .shared_rank = 1536,
                                                     .decay = 0.7},
                                                    at::kBFloat16);
  return made;
}

double errorOf(const at::Tensor& basis, const at::Tensor& factors) {
  const at::Tensor x = test::joined(rows());
  const at::Tensor rest = x - at::mm(basis.to(at::kDouble), factors.to(at::kDouble));
  return at::linalg_vector_norm(rest).item<double>() / at::linalg_vector_norm(x).item<double>();
}

double optimum() {
  static const double error = test::optimalError(rows(), kRank);
  return error;
}

void report(benchmark::State& state, const at::Tensor& basis, const at::Tensor& factors) {
  state.counters["error"] = errorOf(basis, factors);
  state.counters["error_over_optimum"] = errorOf(basis, factors) / optimum();
}

void ours(benchmark::State& state, FactorBackend backend) {
  test::NoPhases phases;
  GroupFactors factors;
  for (auto _ : state) {
    factors = *factorGroup(rows(), {.rank = kRank, .backend = backend}, phases, {});
  }
  report(state, factors.token_basis, factors.layer_factors);
}

void fullSvd(benchmark::State& state) {
  at::Tensor basis;
  at::Tensor factors;
  for (auto _ : state) {
    const auto [u, s, v] = at::linalg_svd(test::joined(rows()).to(at::kFloat), false);
    basis = u.slice(1, 0, kRank) * s.slice(0, 0, kRank);
    factors = v.slice(0, 0, kRank);
  }
  report(state, basis, factors);
}

/// torch.svd_lowrank(A, q = rank, niter = 2), step by step as torch/_lowrank.py does it.
void svdLowrank(benchmark::State& state) {
  at::Tensor basis;
  at::Tensor factors;
  for (auto _ : state) {
    const at::Tensor x = test::joined(rows()).to(at::kFloat);
    auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{1});
    const auto columns = [](const at::Tensor& m) { return std::get<0>(at::linalg_qr(m)); };
    const at::Tensor start = at::randn({x.size(1), kRank}, generator, x.options());
    at::Tensor q = columns(at::mm(x, start));
    for (int pass = 0; pass < 2; ++pass) q = columns(at::mm(x, columns(at::mm(x.t(), q))));
    const auto [u, s, v] = at::linalg_svd(at::mm(q.t(), x), false);
    basis = at::mm(q, u) * s;
    factors = v;
  }
  report(state, basis, factors);
}

BENCHMARK_CAPTURE(ours, exact, FactorBackend::exact)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ours, gram_evd, FactorBackend::gram_evd)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ours, gram_subspace, FactorBackend::gram_subspace)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ours, randomized, FactorBackend::randomized)->Unit(benchmark::kMillisecond);
BENCHMARK(fullSvd)->Name("rival/linalg_svd")->Unit(benchmark::kMillisecond);
BENCHMARK(svdLowrank)->Name("rival/svd_lowrank_q_is_rank")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xkv

BENCHMARK_MAIN();
