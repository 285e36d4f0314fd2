// SPDX-License-Identifier: GPL-3.0-or-later
/// Colours of what Selective Reconstruction keeps beside its factors, the same in both themes.
#pragma once

#include <QColor>

namespace xkv::views {

inline QColor localColour() { return 0x3E8E9E; }
inline QColor outlierColour() { return 0x2C6F7E; }
inline QColor selectedColour() { return 0x74B3C0; }

}  // namespace xkv::views
