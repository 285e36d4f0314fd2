// SPDX-License-Identifier: Apache-2.0
/// A file that is there whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "profiling/records/result.h"

namespace xkv {

/// Replaces a regular file of that name. failure: the folder or the disk does not allow it; what
/// stood there before is kept.
Status writeWholeFile(const std::string& path, std::string_view content);

}  // namespace xkv
