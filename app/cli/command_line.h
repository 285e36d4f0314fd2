// SPDX-License-Identifier: Apache-2.0
/// The words after `xkv` as values, or the sentence that says which of them is wrong.
#pragma once

#include <string>
#include <vector>

#include "app/cli/options.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// usage: one sentence, with the --help to look at. --help and --version are Command::print.
Result<CommandLine> parseCommandLine(const std::vector<std::string>& words);

/// One argument as a shell reads it back.
std::string shellQuoted(const std::string& argument);

}  // namespace xkv::cli
