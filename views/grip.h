// SPDX-License-Identifier: GPL-3.0-or-later
/// The small arrow that can be dragged: a group's border, an end of the colour range.
#pragma once

#include <QRect>

class QPainter;

namespace xkv::views {

/// Points to the right; expects antialiasing.
void paintGrip(QPainter& painter, const QRect& box);

}  // namespace xkv::views
