// SPDX-License-Identifier: Apache-2.0
/// Each factorization back end beside LAPACK's full SVD and torch.svd_lowrank(q = rank), with everybody's
/// error as a ratio to the optimum.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/sum.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "engine/bench.h"
#include "engine/bench/synthetic_rows.h"
#include "engine/cache/group_svd.h"
#include "engine/cache/tensor_memory.h"
#include "engine/device.h"
#include "engine/torch_errors.h"
#include "profiling/no_phases.h"
#include "profiling/records/sentence.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

constexpr int64_t kErrorRows = 4096;  // of the rows rebuilt in fp64 at a time
constexpr FactorBackend kBackends[] = {FactorBackend::exact, FactorBackend::gram_evd,
                                       FactorBackend::gram_subspace, FactorBackend::randomized};

struct Factors {
  at::Tensor basis;        // (seq_len, rank)
  at::Tensor factors;      // (rank, width)
  int64_t peak_bytes = 0;  // of tensors beyond the rows, while they were made
};
/// What each scheme made last.
using MadeFactors = std::map<std::string, Factors>;

at::Tensor fp32Rows(const LayerRows& rows) { return at::cat(rows, 1).to(at::kFloat); }

Factors fullSvd(const LayerRows& rows, int64_t rank) {
  const auto [u, s, v] = at::linalg_svd(fp32Rows(rows), /*full_matrices=*/false);
  return {u.slice(1, 0, rank) * s.slice(0, 0, rank), v.slice(0, 0, rank)};
}

/// torch.svd_lowrank(A, q = rank, niter = 2), step by step as torch/_lowrank.py does it.
Factors svdLowrank(const LayerRows& rows, int64_t rank) {
  const at::Tensor x = fp32Rows(rows);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{1});
  const auto columns = [](const at::Tensor& m) { return std::get<0>(at::linalg_qr(m)); };
  at::Tensor q = columns(at::mm(x, at::randn({x.size(1), rank}, generator, x.options())));
  for (int pass = 0; pass < 2; ++pass) q = columns(at::mm(x, columns(at::mm(x.t(), q))));
  const auto [u, s, v] = at::linalg_svd(at::mm(q.t(), x), false);
  return {at::mm(q, u) * s, v};
}

/// ||X - A B||_F^2
double residualEnergy(const LayerRows& rows, const Factors& made) {
  const at::Tensor factors = made.factors.to(at::kDouble);
  double sum = 0;
  for (int64_t begin = 0; begin < made.basis.size(0); begin += kErrorRows) {
    const int64_t end = std::min(begin + kErrorRows, made.basis.size(0));
    std::vector<at::Tensor> exact;
    for (const at::Tensor& layer : rows) exact.push_back(layer.slice(0, begin, end).to(at::kDouble));
    const at::Tensor rest =
        at::cat(exact, 1) - at::mm(made.basis.slice(0, begin, end).to(at::kDouble), factors);
    sum += rest.square().sum().item<double>();
  }
  return sum;
}

/// ||X||_F^2, and what of it the best factors of a rank lose (METHOD.md 3).
struct Optimum {
  double total = 0;
  double residual = 0;
};

/// From the eigenvalues of the fp64 Gram matrix of the shorter side; none when stopped.
std::optional<Optimum> optimumOf(const LayerRows& rows, int64_t rank, std::stop_token stop) {
  const int64_t width = rows.front().size(1) * static_cast<int64_t>(rows.size());
  const at::Tensor gram = rows.front().size(0) < width ? tokenGram(rows, Products::fp64, stop)
                                                       : groupGram(rows, Products::fp64, stop);
  if (!gram.defined() || stop.stop_requested()) return std::nullopt;
  const at::Tensor energies = at::linalg_eigvalsh(gram).clamp_min(0);  // ascending
  return Optimum{energies.sum().item<double>(),
                 energies.slice(0, 0, energies.size(0) - rank).sum().item<double>()};
}

/// Makes factors and notes the bytes that it took.
Status note(MadeFactors& made, const std::string& name,
            const std::function<Result<Factors>()>& work) {
  made.erase(name);
  TensorMemory::resetPeak();
  const int64_t before = TensorMemory::currentBytes();
  auto factors = work();
  if (!factors) return Failure(factors.error());
  factors->peak_bytes = TensorMemory::peakBytes() - before;
  made[name] = std::move(*factors);
  return {};
}

std::vector<BenchScheme> schemesOf(const LayerRows& rows, int64_t rank, MadeFactors& made,
                                   std::stop_token stop) {
  std::vector<BenchScheme> schemes;
  for (const FactorBackend backend : kBackends) {
    const std::string name(word(backend));
    schemes.push_back({.name = name, .is_rival = false, .step = timed([&, backend, name, rank, stop] {
                         return note(made, name, [&]() -> Result<Factors> {
                           NoPhases phases;
                           auto factors =
                               factorGroup(rows, {.rank = rank, .backend = backend}, phases, stop);
                           if (!factors) return Failure(factors.error());
                           return Factors{factors->token_basis, factors->layer_factors};
                         });
                       })});
  }
  const auto add_rival = [&](const char* name, Factors (*work)(const LayerRows&, int64_t)) {
    schemes.push_back({.name = name, .is_rival = true, .step = timed([&, name, work, rank] {
                         return note(made, name, [&]() -> Result<Factors> { return work(rows, rank); });
                       })});
  };
  add_rival("linalg_svd", fullSvd);
  add_rival("svd_lowrank", svdLowrank);
  return schemes;
}

void addErrors(const LayerRows& rows, const FactorBench& bench, const MadeFactors& made,
               const BenchRounds& rounds, BenchTable& table) {
  if (!table.complete) return;
  if (rounds.progress) rounds.progress(table.subject + ": errors in fp64", 0, 0);
  const auto optimum = optimumOf(rows, bench.rank, rounds.stop);
  if (!optimum) {
    table.complete = false;
    return;
  }
  for (BenchRow& row : table.rows) {
    const auto factors = made.find(row.scheme);
    if (factors == made.end()) continue;
    row.figures.push_back({"peak_bytes", static_cast<double>(factors->second.peak_bytes)});
    const double residual = residualEnergy(rows, factors->second);
    row.figures.push_back({"error", std::sqrt(residual / optimum->total)});
    if (optimum->residual > 0) {
      row.figures.push_back({"error_over_optimum", std::sqrt(residual / optimum->residual)});
    }
  }
}

Status check(const FactorBench& bench) {
  const int64_t width = bench.num_layers * bench.kv_dim;
  const int64_t largest = std::min(bench.seq_len, width);
  if (bench.rank <= largest) return {};
  return failure(ErrorKind::bad_input,
                 sentence("rank {} is above {}, the most that {} rows of {} layers of kv_dim {} have",
                          bench.rank, largest, bench.seq_len, bench.num_layers, bench.kv_dim));
}

}  // namespace

Result<BenchTable> benchFactor(const FactorBench& bench, const BenchRounds& rounds) {
  if (const Status fits = check(bench); !fits) return Failure(fits.error());
  return guarded("bench factor", [&]() -> Result<BenchTable> {
    BenchTable table;
    table.subject = "factor";
    table.sizes = {{"seq_len", bench.seq_len},
                   {"kv_dim", bench.kv_dim},
                   {"num_layers", bench.num_layers},
                   {"rank", bench.rank}};
    table.dtype = word(Dtype::bf16);
    table.device = setUpThreads(c10::Device(c10::kCPU), bench.num_threads);
    table.references = {{"linalg_svd", {"linalg_svd"}}, {"svd_lowrank", {"svd_lowrank"}}};
    table.notes = {"the rows are made up: layers share a basis whose weights fall as a power law"};
    TensorMemory::watch();
    const int64_t width = bench.num_layers * bench.kv_dim;
    const LayerRows rows = syntheticRows({.seq_len = bench.seq_len,
                                          .kv_dim = bench.kv_dim,
                                          .num_layers = bench.num_layers,
                                          .shared_rank = std::max<int64_t>(1, width * 3 / 4),
                                          .decay = 0.7},
                                         at::kBFloat16);
    MadeFactors made;
    const Status sampled =
        sampleInTurn(schemesOf(rows, bench.rank, made, rounds.stop), rounds, table);
    if (!sampled) return Failure(sampled.error());
    addErrors(rows, bench, made, rounds, table);
    return table;
  });
}

}  // namespace xkv
