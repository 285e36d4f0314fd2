// SPDX-License-Identifier: Apache-2.0
/// A file that another program cuts short while its bytes are mapped into this one.
#pragma once

namespace xkv::cli {

/// From now on such a file ends the process with one sentence that names it, and the exit code of
/// bad input, instead of a bare SIGBUS.
void nameCutFiles();

}  // namespace xkv::cli
