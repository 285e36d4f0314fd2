// SPDX-License-Identifier: Apache-2.0
/// The options of `xkv bench`.
#pragma once

#include <CLI/CLI.hpp>

#include "app/cli/options.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// The group of the flags that only some subjects take.
inline constexpr const char* kBenchSizes = "Sizes";

void addBenchOptions(CLI::App& app, BenchOptions& options);

/// usage: a size that none of the subjects takes, a subject twice, schemes of several subjects.
Status settle(const BenchOptions& options);

}  // namespace xkv::cli
