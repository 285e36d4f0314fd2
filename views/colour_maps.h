// SPDX-License-Identifier: GPL-3.0-or-later
/// Colours of values: viridis and cividis as published, and the diverging map of differences.
#pragma once

#include <QColor>

namespace xkv::views {

enum class ColourMap { viridis, cividis };

constexpr int kMapStops = 256;

/// Colour of a value at `share` of the map's range; outside 0..1 the ends are taken.
QRgb mapColour(ColourMap map, double share);

/// Colour of a difference; -1 and 1 are the ends, 0 the neutral middle. Follows the theme.
QRgb divergingColour(double share);

/// Black or white, whichever contrasts more with what is behind it.
QColor textOn(QRgb background);

}  // namespace xkv::views
