// SPDX-License-Identifier: Apache-2.0
/// The fixed subjects of `xkv bench`, each with its sizes where none are given.
#include "app/bench/bench_subjects.h"

#include <utility>

#include "app/bench/model_bench.h"
#include "app/bench/what_if_bench.h"
#include "engine/bench.h"

namespace xkv {
namespace {

/// Enough for quartiles, and under a minute on two cores with the default sizes.
int64_t usualRepeat(BenchSubject subject) {
  switch (subject) {
    case BenchSubject::factor: return 3;
    case BenchSubject::analysis: return 3;
    case BenchSubject::prefill: return 5;
    case BenchSubject::decode: return 4;
    case BenchSubject::attention: return 10;
    case BenchSubject::what_if: return 100;
  }
  return 5;
}

void take(int64_t& size, const std::optional<int64_t>& given) { size = given.value_or(size); }

Result<BenchTable> factor(const BenchRequest& request, const BenchRounds& rounds) {
  FactorBench bench;
  take(bench.seq_len, request.tokens);
  take(bench.kv_dim, request.kv_dim);
  take(bench.num_layers, request.num_layers);
  take(bench.rank, request.rank);
  bench.num_threads = request.num_threads;
  return benchFactor(bench, rounds);
}

Result<BenchTable> attention(const BenchRequest& request, const BenchRounds& rounds) {
  AttentionBench bench;
  take(bench.seq_len, request.tokens);
  take(bench.num_heads, request.num_heads);
  take(bench.num_kv_heads, request.num_kv_heads);
  take(bench.head_dim, request.head_dim);
  take(bench.rank_k, request.rank_k);
  take(bench.rank_v, request.rank_v);
  bench.num_threads = request.num_threads;
  return benchAttention(bench, rounds);
}

}  // namespace

Result<BenchTable> measured(const BenchRequest& request, const BenchProgress& progress,
                            std::stop_token stop) {
  const BenchRounds rounds{.repeat = request.repeat.value_or(usualRepeat(request.subject)),
                           .schemes = request.schemes,
                           .progress = progress,
                           .stop = std::move(stop)};
  switch (request.subject) {
    case BenchSubject::factor: return factor(request, rounds);
    case BenchSubject::analysis: return benchAnalysis(request, rounds);
    case BenchSubject::prefill: return benchPrefill(request, rounds);
    case BenchSubject::decode: return benchDecode(request, rounds);
    case BenchSubject::attention: return attention(request, rounds);
    case BenchSubject::what_if: return benchWhatIf(request, rounds);
  }
  return failure(ErrorKind::failure, "no such subject");
}

}  // namespace xkv
