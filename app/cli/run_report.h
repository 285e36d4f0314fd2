// SPDX-License-Identifier: Apache-2.0
/// A run as text for a terminal: the plan before it, the numbers after it.
#pragma once

#include <cstdint>
#include <string>

#include "profiling/records/session.h"

namespace xkv::cli {

/// Model, prompt, groups and ranks, notices.
std::string planText(const RunStarted& started);
/// The heading above the text that a cache gave.
std::string generationTitle(Method method, int64_t turn);
/// Errors per layer, ratios, divergence, latency: what of it the run has.
std::string resultsText(const Run& run);
/// All of it, with the texts and how the run ended.
std::string runText(const Run& run);
/// One line for each run.
std::string runListText(const std::vector<RunSummary>& runs);

}  // namespace xkv::cli
