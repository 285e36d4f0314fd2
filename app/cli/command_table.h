// SPDX-License-Identifier: Apache-2.0
/// Every command and option of xkv with its text: parser, --help and manual read this one table.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/options.h"

namespace xkv::cli {

/// What follows the options of a command in --help and in the manual.
struct CommandNotes {
  std::string description;
  std::string examples;  ///< one command a line
};

CommandNotes notesOf(const CLI::App& command);

/// The table, with `line` as the place that parsed values go to; `line` must outlive it.
std::unique_ptr<CLI::App> makeCommandTable(CommandLine& line);

inline constexpr const char* kExitCodes =
    "  0    done\n"
    "  1    a failure that none of the others names, such as a full disk\n"
    "  2    the flags alone are wrong\n"
    "  4    no usable device\n"
    "  5    out of memory\n"
    "  6    bad input: a file, or the request against the model (rank, context, layers)\n"
    "  75   try again: another program holds the session file\n"
    "  130  interrupted; what was finished is kept\n";

}  // namespace xkv::cli
