// SPDX-License-Identifier: Apache-2.0
/// The runs of a duel as one table, and their texts.
#pragma once

#include <string>
#include <vector>

#include "profiling/records/session.h"

namespace xkv::cli {

struct DuelRun {
  std::string name;
  std::string notice;  ///< why its bytes are others; may be empty
  Run run;
};

std::string duelText(const std::vector<DuelRun>& runs);

}  // namespace xkv::cli
