// SPDX-License-Identifier: Apache-2.0
/// A file that is there whole or not at all.
#include "app/export/written_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace xkv {
namespace {

Failure cannotWrite(const std::string& path, int error) {
  return failure(ErrorKind::failure, path + " cannot be written: " + std::strerror(error));
}

/// 0 or the errno of what failed.
int writeAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

/// A new file beside `path`, with all of `content` in it.
int writeNew(const std::string& path, std::string_view content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  const int error = writeAll(fd, content);
  const int closed = close(fd) == 0 ? 0 : errno;
  return error != 0 ? error : closed;
}

}  // namespace

Status writeWholeFile(const std::string& path, std::string_view content) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return failure(ErrorKind::bad_input, path + " is no regular file and is not replaced");
  const std::string part = path + ".part";
  const int error = writeNew(part, content);
  if (error != 0) {
    if (error != ELOOP) unlink(part.c_str());
    return cannotWrite(path, error);
  }
  if (std::rename(part.c_str(), path.c_str()) == 0) return {};
  const int renamed = errno;
  unlink(part.c_str());
  return cannotWrite(path, renamed);
}

}  // namespace xkv
