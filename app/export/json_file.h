// SPDX-License-Identifier: Apache-2.0
/// One run as a JSON file.
#pragma once

#include <string>
#include <vector>

#include "profiling/records/session.h"

namespace xkv {

/// The paths that were written: one.
Result<std::vector<std::string>> exportJson(const Run& run, const std::string& path);

}  // namespace xkv
