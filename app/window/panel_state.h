// SPDX-License-Identifier: GPL-3.0-or-later
/// How much of a run is there, as a panel's chip says it: "partial: 23 of 32 layers".
#pragma once

#include <QString>

#include "profiling/records/session.h"

namespace xkv::window {

/// Empty where all is there, or where nothing is and the panel says why itself.
QString partialCka(const Run& run);
QString partialSpectra(const Run& run);
QString partialErrors(const Run& run);
QString partialSelections(const Run& run);

}  // namespace xkv::window
