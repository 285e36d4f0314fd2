// SPDX-License-Identifier: Apache-2.0
/// What every source file looks like: licence, reason, length, and words that do not occur.
#pragma once

#include <string>
#include <vector>

#include "tests/architecture/source_file.h"

namespace xkv::architecture {

/// The window's code stands under the GPL, because QCustomPlot does; the rest is Apache-2.0.
std::string licenceOf(const std::string& path);

std::vector<std::string> textViolations(const SourceFile& file);

}  // namespace xkv::architecture
