// SPDX-License-Identifier: Apache-2.0
/// Prompts and token ids from the command line, from files and from standard input.
#include "app/cli/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>

#include "profiling/records/printable.h"

namespace xkv::cli {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Failure refused(const std::string& path, const std::string& why) {
  return failure(ErrorKind::bad_input, printable(path, 400) + " " + why);
}

std::string tooLarge(int64_t most) {
  return "has more than " + std::to_string(most) + " bytes, the most that is read";
}

Status checkRegular(const std::string& path, int fd, int64_t most) {
  struct stat status {};
  if (fstat(fd, &status) != 0)
    return refused(path, std::string("cannot be read: ") + std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return refused(path, "is a folder, a file is needed");
  if (!S_ISREG(status.st_mode)) return refused(path, "is no regular file; - reads standard input");
  if (status.st_size > most) return refused(path, tooLarge(most));
  return {};
}

Result<std::string> readPromptFrom(std::istream& in) {
  std::string text;
  std::array<char, 65536> part;
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    text.append(part.data(), static_cast<size_t>(in.gcount()));
    if (static_cast<int64_t>(text.size()) > kLargestInputBytes)
      return refused("standard input", tooLarge(kLargestInputBytes));
  }
  return text;
}

PromptText withoutLastNewline(std::string name, std::string text) {
  if (text.ends_with("\r\n")) text.pop_back();
  if (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return {std::move(name), std::move(text)};
}

/// Reads ids between commas and white space, from `first` on; the place of what is no id if there
/// is one.
class IdReader {
 public:
  explicit IdReader(std::string_view text) : text_(text) {}

  /// The ids up to the end or to `closing`; none where something else stands.
  std::optional<std::vector<int64_t>> read(bool in_brackets) {
    std::vector<int64_t> ids;
    if (in_brackets && !take('[')) return std::nullopt;
    if (in_brackets && take(']')) return atEnd() ? std::optional(ids) : std::nullopt;
    do {
      const auto id = number();
      if (!id) return std::nullopt;
      ids.push_back(*id);
    } while (take(','));
    if (in_brackets && !take(']')) return std::nullopt;
    if (!atEnd()) return std::nullopt;
    return ids;
  }

  /// "byte 5, 'x,7'": where reading stopped.
  std::string place() const {
    const std::string_view rest = text_.substr(at_, 20);
    return "byte " + std::to_string(at_) + " has " +
           (rest.empty() ? "its end" : "'" + printable(rest) + "'");
  }

 private:
  void skipSpace() {
    const size_t next = text_.find_first_not_of(" \t\r\n", at_);
    at_ = next == std::string_view::npos ? text_.size() : next;
  }
  bool take(char c) {
    skipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool atEnd() {
    skipSpace();
    return at_ == text_.size();
  }
  std::optional<int64_t> number() {
    skipSpace();
    int64_t id = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), id);
    if (error != std::errc() || id < 0) return std::nullopt;
    at_ += static_cast<size_t>(end - begin);
    return id;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<std::string> readRegularFile(const std::string& path, int64_t most) {
  // Without O_NONBLOCK a pipe would be waited for before it can be refused.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0)
    return refused(path, std::string("cannot be opened: ") + std::strerror(errno));
  const Status regular = checkRegular(path, file.get(), most);
  if (!regular) return Failure(regular.error());
  std::string text;
  std::array<char, 65536> part;
  while (true) {
    const ssize_t got = read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) return text;
    text.append(part.data(), static_cast<size_t>(got));
    if (static_cast<int64_t>(text.size()) > most) return refused(path, tooLarge(most));
  }
}

Result<PromptText> readAnyText(const std::string& argument, std::istream& in) {
  if (argument == "-") {
    auto text = readPromptFrom(in);
    if (!text) return Failure(text.error());
    return withoutLastNewline("stdin", std::move(*text));
  }
  if (argument.starts_with("@@")) return PromptText{"", argument.substr(1)};
  if (!argument.starts_with("@")) return PromptText{"", argument};
  const std::string path = argument.substr(1);
  auto text = readRegularFile(path);
  if (!text) return Failure(text.error());
  return withoutLastNewline(std::filesystem::path(path).stem().string(), std::move(*text));
}

Result<PromptText> readPrompt(const std::string& argument, std::istream& in) {
  auto prompt = readAnyText(argument, in);
  if (prompt && prompt->text.empty()) {
    const std::string source = argument == "-"    ? "standard input"
                               : argument.empty() ? "the prompt"
                                                  : argument.substr(1);
    return refused(source, "is empty, a prompt needs at least one character");
  }
  return prompt;
}

Result<std::vector<int64_t>> readIds(const std::string& flag, const std::string& argument) {
  const bool is_file = argument.starts_with('@');
  std::string text = argument;
  if (is_file) {
    auto content = readRegularFile(argument.substr(1));
    if (!content) return Failure(content.error());
    text = std::move(*content);
  }
  IdReader reader(text);
  auto ids = reader.read(is_file);
  if (!ids) {
    return failure(is_file ? ErrorKind::bad_input : ErrorKind::usage,
                   (is_file ? printable(argument.substr(1), 400) : flag) + ": " + reader.place() +
                       ", " +
                       (is_file ? "one JSON array of token ids is needed"
                                : "token ids such as 5,7,9 are needed"));
  }
  if (ids->empty())
    return failure(ErrorKind::bad_input, printable(argument.substr(1), 400) +
                                             " holds no token id, at least one is needed");
  return std::move(*ids);
}

}  // namespace xkv::cli
