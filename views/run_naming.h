// SPDX-License-Identifier: GPL-3.0-or-later
/// How a run is called where it has no title of its own.
#pragma once

#include <QString>

#include "profiling/records/session.h"

namespace xkv::views {

/// "dense", "xKV", "MiniCache", "xKV-SR", "xK-SR"
QString familyName(Method method);
/// "dense", "MiniCache", "xKV-4 24/36", "Single SVD 8/12", "xKV-4 K 24", "xKV-SR-4 24/36", "xKV-4
/// error 5 %", "xKV-4 24/36, 8/8 bit": method, group size, ranks or the target that chooses them,
/// bits of codes.
QString methodName(const CompressionConfig& config, const ModelShape& model);
/// The user's title, else methodName().
QString runTitle(const RunSummary& run);
/// "needle-river", else the prompt's first words.
QString promptName(const RunSpec& spec);

/// "random weights" where the model was made to measure speed: what it says and how its spectra
/// fall means nothing; else empty.
QString weightsMark(const ModelShape& model);

/// Why a result is not there yet, or not any more: "The run has not come this far."
QString notThisFar(const Run& run);

/// The ranks as they are asked, with the defaults filled in; 0 where a stream stays dense or has no
/// rank.
int64_t rankOf(const CompressionConfig& config, const ModelShape& model, Stream stream);

}  // namespace xkv::views
