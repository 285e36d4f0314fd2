// SPDX-License-Identifier: Apache-2.0
/// The fixed subjects of `xkv bench`.
#pragma once

#include "app/bench/bench_request.h"
#include "profiling/bench_rounds.h"

namespace xkv {

/// A stop is no failure: the table then says that it is not complete.
/// bad_input: sizes that do not fit each other or the model. usage: a scheme that the subject lacks.
Result<BenchTable> measured(const BenchRequest& request, const BenchProgress& progress,
                            std::stop_token stop);

}  // namespace xkv
