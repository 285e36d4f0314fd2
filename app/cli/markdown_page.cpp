// SPDX-License-Identifier: Apache-2.0
/// The table of commands as docs/command-line.md.
#include "app/cli/command_table.h"
#include "app/cli/help_text.h"

namespace xkv::cli {
namespace {

/// A cell of a table: bars end a cell, angle brackets would be HTML.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|')
      out += "\\|";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out;
}

std::string optionsTable(const CLI::App& command) {
  std::string text;
  for (const OptionGroup& group : optionGroupsOf(command)) {
    std::string rows;
    for (const OptionText& option : group.options) {
      if (option.name == "-h, --help" || option.name == "--version") continue;
      rows += "| `" + cell(option.shown()) + "` | " + cell(option.help) + " |\n";
    }
    if (!rows.empty()) text += "\n| " + group.title + " | |\n|---|---|\n" + rows;
  }
  return text;
}

std::string commandText(const CLI::App& command) {
  const CommandNotes notes = notesOf(command);
  std::string text = "\n## xkv " + fullName(command) + "\n\n" + command.get_description() + ".\n";
  if (!notes.description.empty()) text += "\n" + notes.description + "\n";
  text += "\n    " + usageOf(command) + "\n" + optionsTable(command);
  if (!notes.examples.empty()) text += "\n```sh\n" + notes.examples + "\n```\n";
  return text;
}

}  // namespace

std::string markdownOf(const CLI::App& table) {
  std::string page =
      "<!-- Made by 'xkv help --markdown'; do not edit. -->\n# The command line\n\n"
      "Data goes to standard output; progress, notices and failures go to standard error. Progress "
      "is\n"
      "shown on a terminal only. Every command knows `--help` and `--version`.\n";
  for (const CLI::App* command : commandsOf(table)) page += commandText(*command);
  return page + "\n## Exit codes\n\n```text\n" + kExitCodes + "```\n";
}

}  // namespace xkv::cli
