// SPDX-License-Identifier: Apache-2.0
/// The arithmetic behind one frame of the what-if: no engine, no window.
#pragma once

#include "app/bench/bench_request.h"
#include "profiling/bench_rounds.h"

namespace xkv {

/// "slider": ranks, errors, bytes and marks of one configuration. "regroup": with it the curves of all
/// group sizes. The spectra are made up. bad_input: fewer layers than a group.
Result<BenchTable> benchWhatIf(const BenchRequest& request, const BenchRounds& rounds);

}  // namespace xkv
