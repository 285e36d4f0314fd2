// SPDX-License-Identifier: GPL-3.0-or-later
/// The style sheet of the window: resources/style.qss with roles and scaled pixels filled in.
#pragma once

#include <QString>

#include "views/theme.h"

namespace xkv::views {

/// `@name` becomes the role's colour, `{n}` becomes n design px at the scale.
QString styleSheet(const Roles& roles, double scale);

}  // namespace xkv::views
