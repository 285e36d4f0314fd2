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

/// The process's own descriptors. A full disk behind standard output is a failure with its reason;
/// a reader that has gone is kReaderHasGone.
Console processConsole();

/// The sentence of the failure when standard output's reader has gone; nobody needs to be told.
inline constexpr const char* kReaderHasGone = "standard output was closed by its reader";

/// "xkv: <sentence>" with its newline; nothing for kReaderHasGone.
void complain(const Console& console, const Error& error);
void notice(const Console& console, const std::string& sentence);
/// The same console without standard error.
Console silent(Console console);

/// Text of a model or a file for a terminal: newlines and tabs stay, other controls are escaped.
std::string terminalText(std::string_view text);

}  // namespace xkv::cli
