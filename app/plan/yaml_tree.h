// SPDX-License-Identifier: Apache-2.0
/// A small YAML document as a tree, without the parts of YAML that can grow or loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "profiling/records/result.h"

namespace xkv {

struct YamlValue {
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  int line = 1;                       ///< where it stands, from 1
  bool plain = false;                 ///< a scalar without quotes; only such a one can be a number
  std::string text = {};              ///< of a scalar
  std::vector<YamlValue> items = {};  ///< of a sequence
  std::vector<std::pair<std::string, YamlValue>> fields = {};  ///< of a mapping, keys unique
};

/// bad_input, with the line: not UTF-8, no YAML, more than one document, anchors, aliases, tags,
/// more than 64 keys in a mapping,
/// keys that are no scalars or stand twice, or nesting beyond 8 levels. Refused while reading, so
/// nothing is ever expanded.
Result<YamlValue> parseYamlTree(std::string_view text);

}  // namespace xkv
