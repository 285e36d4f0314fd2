// SPDX-License-Identifier: Apache-2.0
/// The words after `xkv` as values, or the sentence that says which of them is wrong.
#include "app/cli/command_line.h"

#include <algorithm>

#include "app/cli/bench_options.h"
#include "app/cli/command_table.h"
#include "app/cli/help_text.h"
#include "app/cli/make_model_options.h"
#include "app/cli/option_groups.h"
#include "profiling/records/printable.h"

namespace xkv::cli {
namespace {

/// The innermost command that was named, else the table itself.
const CLI::App& commandNamed(const CLI::App& table) {
  const CLI::App* command = &table;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

/// Of the flags of a group, those that were used.
std::vector<std::string> flagsGiven(const CLI::App& command, const std::string& group) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0 && option->get_group() == group)
      flags.push_back(option->get_name());
  return flags;
}

/// CLI11's message as one line in our form: "run: --rank-k is 'x', ...; see 'xkv run --help'".
Failure usageFailure(const CLI::App& table, const std::string& what) {
  const CLI::App& command = commandNamed(table);
  const std::string name = &command == &table ? "" : fullName(command);
  const std::string help = "xkv " + (name.empty() ? "" : name + " ") + "--help";
  return failure(ErrorKind::usage,
                 (name.empty() ? "" : name + ": ") + printable(what, 400) + "; see '" + help + "'");
}

Status settleCommand(CommandLine& line) {
  if (line.command == Command::run) {
    const Status prompt = settle(line.run.prompt, /*with_template=*/true);
    return prompt ? settle(line.run.compression) : prompt;
  }
  if (line.command == Command::capture) {
    const Status prompt = settle(line.capture.prompt, /*with_template=*/false);
    return prompt ? settle(line.capture.compression) : prompt;
  }
  if (line.command == Command::analyse) return settle(line.analyse.compression);
  if (line.command == Command::duel) {
    if (line.duel.ratio.has_value() == line.duel.bytes.has_value())
      return failure(ErrorKind::usage, "one of --ratio and --bytes is needed");
    return settle(line.duel.prompt, /*with_template=*/false);
  }
  if (line.command == Command::chat_template) return settle(line.chat_template);
  if (line.command == Command::make_model) return settle(line.make_model);
  if (line.command == Command::bench) return settle(line.bench);
  if (line.command == Command::info) return settle(line.info.compression);
  if (line.command == Command::export_run &&
      line.export_run.csv_dir.has_value() == line.export_run.json_file.has_value())
    return failure(ErrorKind::usage, "one of --csv and --json is needed");
  return {};
}

/// Nothing where the words are fine; --help and --version fill line.text and are fine too.
Status parseInto(CLI::App& table, CommandLine& line, std::vector<std::string> words) {
  // CLI11 takes its arguments from the back.
  std::reverse(words.begin(), words.end());
  try {
    table.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    line.command = Command::print;
    line.text = commandNamed(table).help();
  } catch (const CLI::CallForVersion& version) {
    line.command = Command::print;
    line.text = std::string(version.what()) + "\n";
  } catch (const CLI::ParseError& error) {
    return usageFailure(table, error.what());
  }
  return {};
}

}  // namespace

Result<CommandLine> parseCommandLine(const std::vector<std::string>& words) {
  CommandLine line;
  const auto table = makeCommandTable(line);
  const Status parsed = parseInto(*table, line, words);
  if (!parsed) return Failure(parsed.error());
  const std::vector<std::string> flags = flagsGiven(commandNamed(*table), "Compression");
  line.run.compression.flags_given = flags;
  line.analyse.compression.flags_given = flags;
  line.capture.compression.flags_given = flags;
  line.info.compression.flags_given = flags;
  line.make_model.sizes_given = flagsGiven(commandNamed(*table), kCustomSizes);
  line.bench.sizes_given = flagsGiven(commandNamed(*table), kBenchSizes);
  const Status settled = settleCommand(line);
  if (!settled) return usageFailure(*table, settled.error().message);
  return line;
}

std::string shellQuoted(const std::string& argument) {
  const auto safe = [](char c) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain || std::string_view("_-./:,+=@%").find(c) != std::string_view::npos;
  };
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), safe)) return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace xkv::cli
