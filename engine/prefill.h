// SPDX-License-Identifier: Apache-2.0
/// Rows of a prompt, layer by layer, into a cache; inner header of the engine.
#pragma once

#include <memory>

#include "engine/row_source.h"

namespace xkv {

/// Fills the rest of a capture that has its request, shape, form and RoPE table. Emits ProgressRecord, ReconstructionRecord and, under AnalysisScope::group,
/// SpectrumRecord.
Result<std::unique_ptr<Capture::Impl>> fillCache(std::unique_ptr<Capture::Impl> capture,
                                                 RowSource& source, const RecordSink& sink,
                                                 PhaseSink& phases, std::stop_token stop);

/// The same with the rows that the model makes of the prompt.
Result<std::unique_ptr<Capture::Impl>> prefillPrompt(std::shared_ptr<const Decoder> decoder,
                                                     const PrefillRequest& request,
                                                     const RecordSink& sink, PhaseSink& phases,
                                                     std::stop_token stop);

}  // namespace xkv
