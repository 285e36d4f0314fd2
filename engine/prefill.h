// SPDX-License-Identifier: Apache-2.0
/// A prompt through the model, layer by layer, into a cache; inner header of the engine.
#pragma once

#include <memory>

#include "engine/capture_impl.h"

namespace xkv {

/// Fills everything of a Capture. Emits ProgressRecord, ReconstructionRecord and, under AnalysisScope::group,
/// SpectrumRecord.
Result<std::unique_ptr<Capture::Impl>> prefillPrompt(std::shared_ptr<const Decoder> decoder,
                                                     const PrefillRequest& request,
                                                     const RecordSink& sink, PhaseSink& phases,
                                                     std::stop_token stop);

}  // namespace xkv
