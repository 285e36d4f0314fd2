// SPDX-License-Identifier: Apache-2.0
/// Escapes that stand for a set of characters, spelled out as ranges.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/text/unicode_classes.h"
#include "profiling/records/result.h"

namespace xkv::text {

struct SetText {
  std::string text;   // stands inside [ ] of a PCRE2 pattern
  std::size_t taken;  // bytes of the source
};

/// "\x{41}-\x{5A}..."
std::string classRanges(const CodePointSet& set);

/// \s \w \d \h \p{..} and their negations at the start of `source`; none if it starts with another
/// escape.
Result<std::optional<SetText>> escapedSet(std::string_view source);

}  // namespace xkv::text
