// SPDX-License-Identifier: GPL-3.0-or-later
/// Which session the window opens first.
#pragma once

#include <QString>
#include <optional>

#include "profiling/records/result.h"

namespace xkv::window {

/// The user's own copy of the shipped demo session, made when there is none: runs may be added to
/// it, the shipped file stays as it is. Without a shipped file, a new session at the same place.
QString workingSession();

/// True for the name of a captured cache: it ends in .safetensors.
bool isCapturedCache(const QString& path);

/// What is wrong with the file that the program was started with; none where it can be opened, or
/// is to be made (a session that is not there yet), or where none was given. bad_input: a captured
/// cache that is not there, a folder, a session whose folder is not there.
std::optional<Error> wrongFile(const QString& path);

/// The folder that a run's model was in, or the shipped model of the same name where that folder is
/// not on this machine (a session may come from another one).
QString modelHere(const QString& model_dir);

}  // namespace xkv::window
