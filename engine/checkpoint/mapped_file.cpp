// SPDX-License-Identifier: Apache-2.0
/// Opening and mapping, and what is wrong with a file that cannot be mapped.
#include "engine/checkpoint/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

/// Closes the descriptor when the mapping (which outlives it) is made or refused.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

std::string kindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Failure refused(const std::string& path, const std::string& why) {
  return failure(ErrorKind::bad_input, sentence("{}: {}", printable(path, 400), why));
}

Failure systemRefused(const std::string& path, const char* action) {
  return refused(path, sentence("{}: {}", action, std::strerror(errno)));
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path, int64_t max_bytes) {
  if (path.find('\0') != std::string::npos) return refused(path, "a path cannot hold a NUL byte");
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) return systemRefused(path, "cannot be opened");
  struct stat status {};
  if (::fstat(file.number, &status) != 0) return systemRefused(path, "cannot be examined");
  if (!S_ISREG(status.st_mode)) {
    return refused(path, kindOf(status.st_mode) + ", not a regular file");
  }
  if (status.st_size > max_bytes) {
    return refused(path, sentence("{} bytes, at most {} are read", status.st_size, max_bytes));
  }
  if (status.st_size == 0) return MappedFile(path, {});
  const auto size = static_cast<size_t>(status.st_size);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (address == MAP_FAILED) return systemRefused(path, "cannot be mapped");
  return MappedFile(path, {static_cast<const std::byte*>(address), size});
}

void releasePages(std::span<const std::byte> bytes) {
  static const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data()) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size();
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::MappedFile(std::string path, std::span<const std::byte> bytes)
    : path_(std::move(path)), bytes_(bytes) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace xkv
