// SPDX-License-Identifier: GPL-3.0-or-later
/// The timeline of the made-up run: phases as the engine emits them.
#pragma once

#include <cstdint>
#include <vector>

#include "profiling/records/run_record.h"
#include "profiling/records/timeline_record.h"

namespace xkv::views {

/// Load, prefill layer by layer, a factor span per stream at each group's end, five decode steps.
TimelineRecord demoTimeline(const std::vector<PlannedGroup>& plan, int64_t num_layers);

}  // namespace xkv::views
