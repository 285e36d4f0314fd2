// SPDX-License-Identifier: Apache-2.0
/// Where a command writes: data on standard output, everything for people on standard error.
#include "app/cli/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <limits>

#include "profiling/records/printable.h"

namespace xkv::cli {
namespace {

constexpr size_t kLongestSentence = 2000;

/// 0 or the errno of the write that failed.
int writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

Status writeData(std::string_view text) {
  const int error = writeAll(STDOUT_FILENO, text);
  if (error == 0) return {};
  if (error == EPIPE) return failure(ErrorKind::failure, kReaderHasGone);
  return failure(ErrorKind::failure,
                 std::string("standard output cannot be written: ") + std::strerror(error));
}

}  // namespace

Console processConsole() {
  return {.in = &std::cin,
          .out = writeData,
          // A log line that cannot be written has nowhere else to go.
          .err = [](std::string_view text) { (void)writeAll(STDERR_FILENO, text); },
          .has_progress = isatty(STDERR_FILENO) == 1};
}

void complain(const Console& console, const Error& error) {
  if (error.message != kReaderHasGone) notice(console, error.message);
}

void notice(const Console& console, const std::string& sentence) {
  console.err("xkv: " + printable(sentence, kLongestSentence) + "\n");
}

Console silent(Console console) {
  console.err = [](std::string_view) {};
  return console;
}

std::string terminalText(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find_first_of("\n\t");
    out += printable(text.substr(0, end), std::numeric_limits<size_t>::max());
    if (end == std::string_view::npos) break;
    out += text[end];
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace xkv::cli
