// SPDX-License-Identifier: Apache-2.0
/// Any one result of a run, as it travels from the engine to the session file and to the window.
#pragma once

#include <variant>

#include "profiling/records/capture_record.h"
#include "profiling/records/generation_record.h"
#include "profiling/records/memory_record.h"
#include "profiling/records/run_record.h"
#include "profiling/records/timeline_record.h"

namespace xkv {

using Record = std::variant<RunStarted, CkaRecord, SpectrumRecord, ReconstructionRecord, MemoryRecord,
                            TokenRecord, GenerationRecord, RecompressionRecord, SelectionRecord,
                            DivergenceRecord, LatencyRecord, TimelineRecord, ProgressRecord, RunFinished>;

}  // namespace xkv
