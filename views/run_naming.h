// SPDX-License-Identifier: GPL-3.0-or-later
/// How a run is called where it has no title of its own.
#pragma once

#include <QString>

#include "profiling/records/session.h"

namespace xkv::views {

/// "dense", "xKV-4 24/36", "Single SVD 8/12", "xKV-4 K 24": method, group size, ranks.
QString methodName(const CompressionConfig& config, const ModelShape& model);
/// The user's title, else methodName().
QString runTitle(const RunSummary& run);
/// "needle-river", else the prompt's first words.
QString promptName(const RunSpec& spec);

/// Why a result is not there yet, or not any more: "The run has not come this far."
QString notThisFar(const Run& run);

/// The ranks as they are asked, with the defaults filled in; 0 where a stream stays dense.
int64_t rankOf(const CompressionConfig& config, const ModelShape& model, Stream stream);

}  // namespace xkv::views
