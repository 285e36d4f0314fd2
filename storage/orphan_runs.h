// SPDX-License-Identifier: Apache-2.0
/// Runs without an end whose writer is gone: killed, or cut off with its machine.
#pragma once

#include "profiling/records/session.h"
#include "storage/database.h"

namespace xkv::storage {

/// Gives every run without an end its end, in the file. Nothing happens while another program has
/// the session open, because that one may be writing the run.
void endOrphanRuns(const Database& database);

/// The same as it is shown, for a session that is only read and that nobody holds open.
void showOrphanEnded(RunSummary& run);
void showOrphanEnded(Run& run);

}  // namespace xkv::storage
