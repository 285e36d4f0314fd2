// SPDX-License-Identifier: Apache-2.0
/// How a text is cut where a pattern matches.
#pragma once

#include <string_view>
#include <vector>

#include "engine/text/json_node.h"
#include "engine/text/regex.h"

namespace xkv::text {

enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

Result<SplitBehavior> splitBehaviorFromJson(const JsonNode& node);

/// The parts of a text of `length` bytes, empty ones left out. `inverted`: the gaps are the
/// matches.
std::vector<Match> splitAt(const std::vector<Match>& matches, std::size_t length, bool inverted,
                           SplitBehavior behavior);

}  // namespace xkv::text
