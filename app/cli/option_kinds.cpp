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

CLI::Option* addTrueOrFalse(CLI::App& app, const std::string& names, std::optional<bool>& target,
                            const std::string& help) {
  const std::string flag = names.substr(0, names.find(','));
  const auto take = [&target, flag](const std::string& text) {
    if (text != "true" && text != "false") refuseValue(flag, text, "true or false");
    target = text == "true";
  };
  return app.add_option_function<std::string>(names, take, help)->type_name("true|false");
}

}  // namespace xkv::cli
