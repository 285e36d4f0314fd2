// SPDX-License-Identifier: Apache-2.0
/// The prompt of a run, from the options that name it.
#pragma once

#include "app/cli/console.h"
#include "app/cli/options.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// Fills prompt, prompt_ids and prompt_name of a spec whose model_dir stands.
Status readPromptInto(RunSpec& spec, const PromptOptions& options, const Console& console);

}  // namespace xkv::cli
