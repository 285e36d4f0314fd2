// SPDX-License-Identifier: Apache-2.0
/// A session file of made-up runs, for tests of the whole window.
#pragma once

#include <string>
#include <vector>

#include "profiling/records/session.h"

namespace xkv::window {

/// The records that make a run when they are added in order.
std::vector<Record> recordsOf(const Run& run);

/// Writes runs into a new session file.
Status writeSession(const std::string& path, const std::vector<Run>& runs);

/// Dense, Single SVD 8/12, xKV-4 24/36 and xKV-4 16/24 of one prompt.
std::vector<Run> demoRuns();

}  // namespace xkv::window
