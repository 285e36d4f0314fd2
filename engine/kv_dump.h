// SPDX-License-Identifier: Apache-2.0
/// Writes a captured cache for use elsewhere; inner header of the engine.
#pragma once

#include <stop_token>
#include <string>

#include "engine/capture_impl.h"

namespace xkv {

/// The safetensors file that Capture::writeTo describes.
Status writeDump(Capture::Impl& capture, const std::string& path, const Capture::Dump& dump,
                 std::stop_token stop);

}  // namespace xkv
