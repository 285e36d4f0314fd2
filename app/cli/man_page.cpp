// SPDX-License-Identifier: Apache-2.0
/// The table of commands as xkv.1, in man(7) macros.
#include "app/cli/command_table.h"
#include "app/cli/help_text.h"

namespace xkv::cli {
namespace {

/// Backslashes, dashes and a leading dot or quote mean something to roff.
std::string escaped(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

std::string literal(const std::string& lines) { return ".nf\n" + escaped(lines) + "\n.fi\n"; }

std::string optionsText(const CLI::App& command) {
  std::string text;
  for (const OptionGroup& group : optionGroupsOf(command)) {
    for (const OptionText& option : group.options) {
      if (option.name == "-h, --help" || option.name == "--version") continue;
      text += ".TP\n\\fB" + escaped(option.name) + "\\fR";
      if (!option.values.empty()) text += " \\fI" + escaped(option.values) + "\\fR";
      text += "\n" + escaped(option.help) + ".\n";
    }
  }
  return text;
}

std::string commandText(const CLI::App& command) {
  const CommandNotes notes = notesOf(command);
  std::string text = ".SS " + escaped(usageOf(command)) + "\n";
  text += escaped(command.get_description()) + ".\n";
  if (!notes.description.empty()) text += ".PP\n" + escaped(notes.description) + "\n";
  text += optionsText(command);
  if (!notes.examples.empty()) text += ".PP\nExamples:\n.PP\n" + literal(notes.examples);
  return text;
}

}  // namespace

std::string manPageOf(const CLI::App& table) {
  std::string page =
      ".\\\" Made by 'xkv help --man'; do not edit.\n"
      ".TH XKV 1 \"\" \"xKV Scope\" \"User Commands\"\n"
      ".SH NAME\nxkv \\- compress a model's KV cache across layers, and measure what it costs\n"
      ".SH SYNOPSIS\n.B xkv\n.I COMMAND\n[options]\n"
      ".SH DESCRIPTION\n"
      "Data goes to standard output; progress, notices and failures go to standard error. "
      "Progress is shown on a terminal only. Every command knows \\fB\\-\\-help\\fR and "
      "\\fB\\-\\-version\\fR.\n.SH COMMANDS\n";
  for (const CLI::App* command : commandsOf(table)) page += commandText(*command);
  page += ".SH EXIT STATUS\n" +
          literal(std::string(kExitCodes).substr(0, std::string(kExitCodes).size() - 1));
  return page;
}

}  // namespace xkv::cli
