// SPDX-License-Identifier: Apache-2.0
/// The options of `xkv make-model`.
#pragma once

#include <CLI/CLI.hpp>

#include "app/cli/options.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// The group of the flags that --like custom takes.
inline constexpr const char* kCustomSizes = "Sizes of --like custom";

void addMakeModelOptions(CLI::App& app, MakeModelOptions& options);

/// usage: sizes without --like custom, or --like custom without them.
Status settle(const MakeModelOptions& options);

}  // namespace xkv::cli
