// SPDX-License-Identifier: GPL-3.0-or-later
/// The made-up run of demo_run.h under Selective Reconstruction, with an X-ray.
#pragma once

#include "profiling/records/session.h"

namespace xkv::views {

/// xKV-SR over the prompt of demoRun(): budget 128, chunk 8; 16 of 61 chunks a step, 3 outliers, 35
/// local tokens, 12 steps, 2 KV heads. Its hit rates are those of its chunks, its recall curve
/// rises and passes through the recall at its own budget.
Run demoSelectiveRun(int64_t run_id = 6);

}  // namespace xkv::views
