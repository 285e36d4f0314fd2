// SPDX-License-Identifier: Apache-2.0
/// --help of every command, and the rows that the other forms of the manual are made of.
#include "app/cli/help_text.h"

#include <algorithm>

#include "app/cli/command_table.h"
#include "app/cli/wrapped.h"

namespace xkv::cli {
namespace {

constexpr size_t kHelpColumn = 26;
constexpr size_t kHelpWidth = 100;

OptionText textOf(const CLI::Option& option) {
  OptionText text;
  text.positional = option.get_positional();
  text.help = option.get_description();
  if (text.positional) {
    text.name = option.get_type_name().empty() ? option.get_name(true) : option.get_type_name();
    if (option.get_expected_max() > 1) text.name += "...";
    return text;
  }
  for (const std::string& letter : option.get_snames()) text.name += "-" + letter + ", ";
  text.name += "--" + option.get_lnames().front();
  if (option.get_expected_max() > 0) text.values = option.get_type_name();
  const std::string standard = option.get_default_str();
  if (!standard.empty()) text.help += "; default " + standard;
  return text;
}

class HelpText : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    const CommandNotes notes = notesOf(*app);
    std::string text = app->get_description() + "\n";
    if (!notes.description.empty()) text += "\n" + wrapped(notes.description, 0, kHelpWidth);
    text += "\nUsage: " + usageOf(*app) + "\n";
    text += subcommands(*app);
    for (const OptionGroup& group : optionGroupsOf(*app)) {
      text += "\n" + group.title + ":\n";
      for (const OptionText& option : group.options) text += row(option.shown(), option.help);
    }
    if (!notes.examples.empty()) text += "\nExamples:\n" + indented(notes.examples);
    if (app->get_parent() == nullptr) text += "\nExit codes:\n" + std::string(kExitCodes);
    return text;
  }

 private:
  static std::string row(const std::string& name, const std::string& help) {
    std::string lines = wrapped(help, kHelpColumn, kHelpWidth);
    std::string head = "  " + name;
    if (head.size() + 2 > kHelpColumn) return head + "\n" + lines;
    return head + lines.substr(head.size());
  }

  static std::string subcommands(const CLI::App& app) {
    std::string text;
    for (const CLI::App* command : app.get_subcommands({})) {
      if (command->get_group().empty()) continue;
      text += row(command->get_name(), command->get_description());
    }
    return text.empty() ? text : "\nCommands:\n" + text;
  }
};

bool isShown(const CLI::Option& option) { return !option.get_group().empty(); }

}  // namespace

std::vector<OptionGroup> optionGroupsOf(const CLI::App& command) {
  std::vector<OptionGroup> groups;
  OptionGroup arguments{.title = "Arguments", .options = {}};
  OptionGroup rest{.title = "Options", .options = {}};
  for (const CLI::Option* option : command.get_options()) {
    if (!isShown(*option)) continue;
    const std::string& title = option->get_group();
    if (option->get_positional()) {
      arguments.options.push_back(textOf(*option));
    } else if (title == rest.title) {
      rest.options.push_back(textOf(*option));
    } else {
      auto at = std::find_if(groups.begin(), groups.end(),
                             [&](const OptionGroup& group) { return group.title == title; });
      if (at == groups.end()) at = groups.insert(at, {.title = title, .options = {}});
      at->options.push_back(textOf(*option));
    }
  }
  if (!arguments.options.empty()) groups.insert(groups.begin(), arguments);
  groups.push_back(rest);
  return groups;
}

std::vector<const CLI::App*> commandsOf(const CLI::App& table) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : table.get_subcommands({})) {
    if (command->get_group().empty()) continue;
    commands.push_back(command);
    for (const CLI::App* action : command->get_subcommands({})) commands.push_back(action);
  }
  return commands;
}

std::string fullName(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  const bool has_prefix = parent != nullptr && parent->get_parent() != nullptr;
  return has_prefix ? fullName(*parent) + " " + command.get_name() : command.get_name();
}

std::string usageOf(const CLI::App& command) {
  std::string usage = command.get_parent() == nullptr ? "xkv" : "xkv " + fullName(command);
  if (!command.get_subcommands({}).empty()) usage += " COMMAND";
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      const std::string name = textOf(*option).name;
      usage += " " + (option->get_required() ? name : "[" + name + "]");
    } else if (option->get_required()) {
      usage += " " + textOf(*option).shown();
    }
  }
  return usage + " [options]";
}

void useHelpText(CLI::App& table, const std::string& version) {
  const auto formatter = std::make_shared<HelpText>();
  const std::string shown = "xkv " + version;
  const auto use = [&](CLI::App& app, const auto& self) -> void {
    app.formatter(formatter);
    app.set_help_flag("-h,--help", "Print this help");
    app.set_version_flag("--version", shown, "Print the version");
    for (CLI::App* inner : app.get_subcommands({})) self(*inner, self);
  };
  use(table, use);
}

}  // namespace xkv::cli
