// SPDX-License-Identifier: Apache-2.0
/// Where a command writes: data on standard output, everything for people on standard error.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>

#include "profiling/records/result.h"

namespace xkv::cli {

struct Console {
  std::istream* in = nullptr;
  std::function<Status(std::string_view)> out;
  std::function<void(std::string_view)> err;
  bool has_progress = false;  ///< standard error is a terminal
};

/// The process's own descriptors. A full disk behind standard output is a failure with its reason; a
/// reader that has gone is one without a sentence.
Console processConsole();

/// "xkv: <sentence>" with its newline; nothing for a failure without a sentence.
void complain(const Console& console, const Error& error);
void notice(const Console& console, const std::string& sentence);

/// Text of a model or a file for a terminal: newlines and tabs stay, other controls are escaped.
std::string terminalText(std::string_view text);

}  // namespace xkv::cli
