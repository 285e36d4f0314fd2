// SPDX-License-Identifier: Apache-2.0
/// Which libraries a file must not reach, not even through the headers of others.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/architecture/include_rules.h"
#include "tests/architecture/source_file.h"

namespace xkv::architecture {

/// The libraries that a file sees through its own includes and those of our headers it includes.
std::set<Vendor> reachedVendors(const std::vector<SourceFile>& files, const std::string& path);

/// Torch and SQLite behind the public headers and everywhere in app; Qt and torch in one unit.
std::vector<std::string> reachViolations(const std::vector<SourceFile>& files);

}  // namespace xkv::architecture
