// SPDX-License-Identifier: Apache-2.0
/// SIGBUS as a sentence. Only what a signal handler may do: open, read, write, _exit.
#include "app/cli/cut_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "profiling/records/result.h"

namespace xkv::cli {
namespace {

constexpr size_t kMaxLine = 4608;  // a path and what stands before it in /proc/self/maps

/// The lines of a file without buffers of the heap.
class LineReader {
 public:
  explicit LineReader(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC)) {}
  ~LineReader() {
    if (fd_ >= 0) close(fd_);
  }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line, ended by a zero; what is too long is cut. Null at the end.
  char* next() {
    size_t length = 0;
    char c = 0;
    while (take(c) && c != '\n') {
      if (length + 1 < line_.size()) line_[length++] = c;
    }
    line_[length] = '\0';
    return length > 0 ? line_.data() : nullptr;
  }

 private:
  bool take(char& c) {
    if (at_ == have_) {
      const ssize_t got = read(fd_, block_.data(), block_.size());
      if (got <= 0) return false;
      have_ = static_cast<size_t>(got);
      at_ = 0;
    }
    c = block_[at_++];
    return true;
  }

  int fd_;
  std::array<char, 512> block_;
  std::array<char, kMaxLine> line_;
  size_t at_ = 0;
  size_t have_ = 0;
};

uintptr_t hexNumber(const char*& text) {
  uintptr_t number = 0;
  for (;; ++text) {
    const bool digit = *text >= '0' && *text <= '9';
    const bool letter = *text >= 'a' && *text <= 'f';
    if (!digit && !letter) return number;
    number = number << 4 | static_cast<uintptr_t>(digit ? *text - '0' : *text - 'a' + 10);
  }
}

/// The path of a line such as "7f00-7f10 r--p 00000000 fe:00 123 /models/model.safetensors" that
/// holds the address; null where it does not, or where no file is mapped.
char* pathAt(char* line, uintptr_t address) {
  const char* text = line;
  const uintptr_t begin = hexNumber(text);
  if (*text != '-') return nullptr;
  const uintptr_t end = hexNumber(++text);
  return address >= begin && address < end ? std::strchr(line, '/') : nullptr;
}

void say(const char* text, size_t length) { (void)!write(STDERR_FILENO, text, length); }

void onBusError(int number, siginfo_t* info, void*) {
  LineReader maps("/proc/self/maps");
  while (char* line = maps.next()) {
    char* const path = pathAt(line, reinterpret_cast<uintptr_t>(info->si_addr));
    if (path == nullptr) continue;
    for (char* c = path; *c != '\0'; ++c) {
      if (*c < ' ' || *c > '~') *c = '?';
    }
    constexpr char kBefore[] = "xkv: ";
    constexpr char kAfter[] = ": the file was cut short while it was being read\n";
    say(kBefore, sizeof kBefore - 1);
    say(path, std::strlen(path));
    say(kAfter, sizeof kAfter - 1);
    _exit(exitCode(ErrorKind::bad_input));
  }
  signal(number, SIG_DFL);  // no file: the signal comes again and keeps its usual effect
}

}  // namespace

void nameCutFiles() {
  struct sigaction action {};
  action.sa_sigaction = onBusError;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace xkv::cli
