// SPDX-License-Identifier: Apache-2.0
/// The version that --version prints and that runs record; CMake's project() sets it.
#pragma once

namespace xkv {

inline constexpr const char* kProgramVersion = XKV_PROGRAM_VERSION;

}  // namespace xkv
