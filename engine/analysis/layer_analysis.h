// SPDX-License-Identifier: Apache-2.0
/// One pass of cross-Gram blocks over a captured stream: CKA of all layer pairs and spectra of all groups.
#pragma once

#include <functional>
#include <stop_token>

#include "engine/cache/gram.h"
#include "profiling/records/record.h"

namespace xkv {

/// Emits a SpectrumRecord for every consecutive group of 1, 2, 4, 8 and all layers whose min(width, seq_len) is
/// at most kWidestSpectrum, then the CkaRecord of the stream. Blocks are kept only inside the widest group
/// that gets a spectrum; of farther pairs only their centred norm. Groups of `plan` that are none of these get
/// their SpectrumRecord last.
/// Token cosine is the mean over tokens of cos(x_t, y_t). interrupted when stopped.
Status analyseLayers(const LayerRows& rows, Stream stream, const std::vector<PlannedGroup>& plan,
                     const std::function<Status(const Record&)>& sink, std::stop_token stop);

}  // namespace xkv
