// SPDX-License-Identifier: Apache-2.0
/// The table of commands as text: --help, the man page, the Markdown page, completion for bash.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace xkv::cli {

/// One option as people read it; upstream's further spellings are accepted but not shown.
struct OptionText {
  std::string name;    ///< "-h, --help" or, of a positional, "F.xkv"
  std::string values;  ///< "fp32|bf16"; empty for a switch and a positional
  std::string help;    ///< with the default, where there is one
  bool positional = false;
  std::string shown() const { return values.empty() ? name : name + " " + values; }
};

struct OptionGroup {
  std::string title;
  std::vector<OptionText> options;
};

/// Positionals first, then the groups in the order in which they were added, those without a name
/// last.
std::vector<OptionGroup> optionGroupsOf(const CLI::App& command);

/// Commands that are shown, in order; of "session" its actions too, each after it.
std::vector<const CLI::App*> commandsOf(const CLI::App& table);
std::string fullName(const CLI::App& command);  ///< "session list"
std::string usageOf(const CLI::App& command);   ///< "xkv show F.xkv [options]"

/// Gives every command --help in our form and --version.
void useHelpText(CLI::App& table, const std::string& version);

std::string manPageOf(const CLI::App& table);
std::string markdownOf(const CLI::App& table);
std::string bashCompletionOf(const CLI::App& table);

}  // namespace xkv::cli
