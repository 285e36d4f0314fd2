// SPDX-License-Identifier: Apache-2.0
/// Prefill, decoding and analysis of a whole model, dense beside xKV.
#pragma once

#include "app/bench/bench_request.h"
#include "profiling/bench_rounds.h"

namespace xkv {

/// A prompt into a dense cache and into xKV's, factors included: tokens per second, and the share of
/// xKV's time that Gram matrices and factors take.
Result<BenchTable> benchPrefill(const BenchRequest& request, const BenchRounds& rounds);

/// One sample per decode step over each cache.
Result<BenchTable> benchDecode(const BenchRequest& request, const BenchRounds& rounds);

/// CKA, cosine and spectra of all layers, as a share of the prefill.
Result<BenchTable> benchAnalysis(const BenchRequest& request, const BenchRounds& rounds);

}  // namespace xkv
