// SPDX-License-Identifier: Apache-2.0
/// The program xkv: the commands over the real engine.
#include <signal.h>

#include "app/cli/cut_file.h"
#include "app/cli/engine_services.h"

int main(int argc, char** argv) {
  // A reader of standard output that has gone is noticed at the next write.
  signal(SIGPIPE, SIG_IGN);
  xkv::cli::nameCutFiles();
  const std::vector<std::string> words(argv + 1, argv + argc);
  return xkv::cli::runProgram(words, xkv::cli::processConsole(), xkv::cli::engineServices());
}
