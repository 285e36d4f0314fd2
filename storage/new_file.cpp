// SPDX-License-Identifier: Apache-2.0
/// Exclusive creation, and a rename that never replaces anything.
#include "storage/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "storage/storage_error.h"

namespace xkv::storage {
namespace {

[[noreturn]] void failExists() {
  throwBadFile("something is there already; it is not overwritten");
}

[[noreturn]] void failErrno(const std::string& what) {
  throw StorageError(ErrorKind::failure, what + " (" + std::strerror(errno) + ")");
}

/// In the same folder, so that the rename stays within one file system. The name does not grow with
/// the session's, which may be as long as names can be.
std::string temporaryName(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::string name =
      ".xkv-" + std::to_string(getpid()) + "-" + std::to_string(counter++) + ".tmp";
  return (std::filesystem::path(path).parent_path() / name).string();
}

void syncToDevice(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return;  // a folder that cannot be opened for reading is still renamed in
  const int failed = fsync(descriptor);
  const int reason = errno;
  close(descriptor);
  errno = reason;
  if (failed != 0 && reason != EINVAL) failErrno("the file could not be written to the device");
}

/// Like renameat2(RENAME_NOREPLACE), which not every file system has.
void renameWithoutReplacing(const std::string& from, const std::string& to) {
  if (link(from.c_str(), to.c_str()) == 0) {
    unlink(from.c_str());
    return;
  }
  if (errno == EEXIST) failExists();
  struct stat status {};
  if (lstat(to.c_str(), &status) == 0) failExists();
  if (std::rename(from.c_str(), to.c_str()) != 0) failErrno("the file could not be given its name");
}

}  // namespace

NewFile::NewFile(const std::string& path) : path_(path), temporary_(temporaryName(path)) {
  struct stat status {};
  if (path.empty()) throwBadFile("a session needs a name");
  if (lstat(path.c_str(), &status) == 0) failExists();
  const int descriptor = open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      throwBadFile("the folder it shall lie in does not exist");
    failErrno("no file can be made in this folder");
  }
  close(descriptor);
}

NewFile::~NewFile() {
  if (published_) return;
  for (const char* companion : {"", "-journal", "-wal", "-shm"}) {
    unlink((temporary_ + companion).c_str());
  }
}

void NewFile::publish() {
  syncToDevice(temporary_, O_RDONLY);
  renameWithoutReplacing(temporary_, path_);
  published_ = true;
  const auto folder = std::filesystem::path(path_).parent_path();
  syncToDevice(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace xkv::storage
