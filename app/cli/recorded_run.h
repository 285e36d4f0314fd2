// SPDX-License-Identifier: Apache-2.0
/// A run whose results go onto the terminal and into a session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/run_listener.h"

namespace xkv::cli {

struct RunOutput {
  std::optional<std::string> session;
  bool json = false;  ///< the whole run as JSON, instead of text
  bool quiet = false;
  std::string notice_at_start = {};  ///< said once the request is not refused
};

/// `words` for the command that is shown after an interrupt.
Status recordRun(const RunSpec& spec, const RunOutput& output,
                 const std::vector<std::string>& words, const Console& console,
                 const Services& services);

}  // namespace xkv::cli
