// SPDX-License-Identifier: Apache-2.0
/// What benchmarks measured, for a terminal and as JSON.
#pragma once

#include <string>
#include <vector>

#include "profiling/bench_table.h"

namespace xkv::cli {

std::string benchText(const BenchTable& table);

/// {"program_version", "tables": [...]}: every sample, and what the terminal shows of them.
std::string benchJson(const std::vector<BenchTable>& tables);

}  // namespace xkv::cli
