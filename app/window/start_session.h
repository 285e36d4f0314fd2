// SPDX-License-Identifier: GPL-3.0-or-later
/// Which session the window opens first.
#pragma once

#include <QString>

namespace xkv::window {

/// The user's own copy of the shipped demo session, made when there is none: runs may be added to
/// it, the shipped file stays as it is. Without a shipped file, a new session at the same place.
QString workingSession();

/// The folder that a run's model was in, or the shipped model of the same name where that folder is
/// not on this machine (a session may come from another one).
QString modelHere(const QString& model_dir);

}  // namespace xkv::window
