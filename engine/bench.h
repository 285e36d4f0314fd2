// SPDX-License-Identifier: Apache-2.0
/// Benchmarks of the engine's own parts beside LibTorch's, in one process. Free of torch.
#pragma once

#include <cstdint>

#include "profiling/bench_rounds.h"

namespace xkv {

/// Keys of adjacent layers that share a token basis, bf16.
struct FactorBench {
  int64_t seq_len = 4096;
  int64_t kv_dim = 1024;
  int64_t num_layers = 2;  ///< of the group; it is num_layers * kv_dim wide
  int64_t rank = 256;
  int64_t num_threads = 0;  ///< 0 = all cores
};

/// Every factorization back end beside at::linalg_svd and torch.svd_lowrank(q = rank, niter = 2). Each
/// row has its error as a ratio to the best possible one, "error_over_optimum", and "peak_bytes" of tensors beyond the rows.
/// bad_input: the rank does not fit the rows.
Result<BenchTable> benchFactor(const FactorBench& bench, const BenchRounds& rounds);

/// One decode step of one layer over its cache, bf16; 8B geometry.
struct AttentionBench {
  int64_t seq_len = 65'536;
  int64_t num_heads = 32;
  int64_t num_kv_heads = 8;
  int64_t head_dim = 128;
  int64_t rank_k = 384;
  int64_t rank_v = 576;
  int64_t num_threads = 0;
};

/// The caches beside LibTorch's ways: at::scaled_dot_product_attention and grouped matrix products, these over the same
/// rows and over fp32 copies of twice the bytes, which are faster where the processor has no bf16 products.
/// The rows are of the ranks exactly, so that every scheme computes the same: "difference" is the
/// relative distance of its result from that of grouped products of fp32.
/// bad_input: heads that do not divide, an odd head_dim, ranks that do not fit.
Result<BenchTable> benchAttention(const AttentionBench& bench, const BenchRounds& rounds);

}  // namespace xkv
