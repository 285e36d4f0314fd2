// SPDX-License-Identifier: Apache-2.0
/// What the commands need of the engine, done by the engine.
#pragma once

#include "app/cli/commands.h"

namespace xkv::cli {

Services engineServices();

}  // namespace xkv::cli
