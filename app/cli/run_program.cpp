// SPDX-License-Identifier: Apache-2.0
/// From the words of a command line to its command and to the exit code.
#include "app/cli/command_line.h"
#include "app/cli/commands.h"

namespace xkv::cli {
namespace {

Status dispatch(const CommandLine& line, const std::vector<std::string>& words,
                const Console& console, const Services& services) {
  switch (line.command) {
    case Command::print:
      return console.out(line.text);
    case Command::run:
      return runCommand(line.run, words, console, services);
    case Command::analyse:
      return analyseCommand(line.analyse, words, console, services);
    case Command::duel:
      return duelCommand(line.duel, console, services);
    case Command::show:
      return showCommand(line.show, console);
    case Command::export_run:
      return exportCommand(line.export_run, console);
    case Command::info:
      return infoCommand(line.info, console, services);
    case Command::serve:
      return services.serve();
    case Command::capture:
      return captureCommand(line.capture, console, services);
    case Command::tokenize:
      return tokenizeCommand(line.tokenize, console);
    case Command::chat_template:
      return templateCommand(line.chat_template, console);
    case Command::session:
      return sessionCommand(line.session, console);
    case Command::make_model:
      return makeModelCommand(line.make_model, console, services);
    case Command::bench:
      return benchCommand(line.bench, console, services);
  }
  return {};
}

}  // namespace

int runProgram(const std::vector<std::string>& words, const Console& console,
               const Services& services) {
  const auto line = parseCommandLine(words);
  const Status done =
      line ? dispatch(*line, words, console, services) : Status(Failure(line.error()));
  if (done) return 0;
  complain(console, done.error());
  return exitCode(done.error().kind);
}

}  // namespace xkv::cli
