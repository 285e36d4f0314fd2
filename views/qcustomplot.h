// SPDX-License-Identifier: GPL-3.0-or-later
/// The one include of QCustomPlot: its header is written with Qt's keyword macros, ours is not.
#pragma once

#define signals Q_SIGNALS
#define slots Q_SLOTS
#define emit Q_EMIT
#define foreach Q_FOREACH
#include <qcustomplot.h>  // IWYU pragma: export
#undef signals
#undef slots
#undef emit
#undef foreach
