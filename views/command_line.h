// SPDX-License-Identifier: GPL-3.0-or-later
/// "Copy as CLI": the command line that does what a RunSpec says.
#pragma once

#include <QString>
#include <QStringView>

#include "profiling/records/run_spec.h"

namespace xkv::views {

/// `xkv run --model DIR --prompt TEXT …` with only the flags that differ from their defaults,
/// quoted for a POSIX shell. The prompt "-", which there means standard input, is piped in.
QString commandLineOf(const RunSpec& spec);

/// One argument as a shell reads it back: bare where that is safe, else in single quotes.
QString shellQuoted(QStringView argument);

}  // namespace xkv::views
