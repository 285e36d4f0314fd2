// SPDX-License-Identifier: Apache-2.0
/// The kinds of options that commands have: numbers with a smallest value, words of an enum.
#include "app/cli/option_kinds.h"

#include <algorithm>

namespace xkv::cli {

std::string spellings(const std::string& name, const std::vector<std::string>& others) {
  std::string names = "--" + name;
  std::string upstream = name;
  std::replace(upstream.begin(), upstream.end(), '-', '_');
  if (upstream != name) names += ",--" + upstream;
  for (const std::string& other : others) names += ",--" + other;
  return names;
}

}  // namespace xkv::cli
