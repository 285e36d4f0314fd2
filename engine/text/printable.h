// SPDX-License-Identifier: Apache-2.0
/// Text out of a stranger's file, made safe and short enough to stand in a sentence on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace xkv::text {

/// Printable ASCII as it is, the rest as \xHH or \u{H}; at most 80 characters, the cut shown by
/// "...".
std::string printable(std::string_view text);

}  // namespace xkv::text
