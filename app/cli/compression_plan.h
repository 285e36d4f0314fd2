// SPDX-License-Identifier: Apache-2.0
/// The compression that flags and a YAML file ask for together.
#pragma once

#include "app/cli/commands.h"

namespace xkv::cli {

/// The file, where one is given, with the flags' ranks and merge switches before its own.
/// bad_input: what readPlanFile refuses for this model; a --method that the file contradicts.
Result<CompressionConfig> compressionFor(const CompressionOptions& options,
                                         const ModelFolder& folder, const Services& services);

/// Says which flags the method of `config` does not use.
void noticeUnusedFlags(const CompressionOptions& options, const CompressionConfig& config,
                       const Console& console);

}  // namespace xkv::cli
