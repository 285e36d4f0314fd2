// SPDX-License-Identifier: Apache-2.0
/// The version of the program; held equal to the project version of CMakeLists.txt by a test.
#pragma once

namespace xkv {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace xkv
