// SPDX-License-Identifier: Apache-2.0
/// A regular file as bytes in memory that nobody has to read in first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "profiling/records/result.h"

namespace xkv {

/// Read-only mapping; the bytes live as long as this object. A file that another program cuts short
/// meanwhile ends the process by SIGBUS; xkv names it then (app/cli/cut_file.h).
class MappedFile {
 public:
  /// bad_input: missing, unreadable, no regular file (directory, pipe, link to itself), or larger
  /// than `max_bytes`. Never waits for a pipe's other end.
  static Result<MappedFile> open(const std::string& path,
                                 int64_t max_bytes = std::numeric_limits<int64_t>::max());
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  const std::string& path() const { return path_; }
  int64_t size() const { return static_cast<int64_t>(bytes_.size()); }
  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  MappedFile(std::string path, std::span<const std::byte> bytes);
  std::string path_;
  std::span<const std::byte> bytes_;
};

/// Bytes of a mapping that have been read for good leave the process's memory; read again, they come back from
/// the file.
void releasePages(std::span<const std::byte> bytes);

}  // namespace xkv
