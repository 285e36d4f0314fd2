// SPDX-License-Identifier: Apache-2.0
/// Bytes of a database file, read without SQLite's content layer and without hurting its locks.
///
/// Closing any descriptor of a file drops all POSIX locks that the process holds on it, those of an
/// open SQLite connection too. SQLite's own file layer knows which of its files are open, so it is
/// used here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace xkv::storage {

/// Throws StorageError.
class RawFile {
 public:
  explicit RawFile(const std::string& path) : RawFile(path, Purpose::read) {}
  ~RawFile();
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  int64_t size() const;
  /// Bytes from `offset` on; what lies behind the end is zero.
  void read(int64_t offset, std::span<uint8_t> bytes) const;
  /// A connection is writing with a rollback journal just now.
  bool isReserved() const;

  /// A connection, of this program or another one, has the file open with a write-ahead log. Also
  /// true where that cannot be found out because the file may only be read.
  static bool isHeldOpen(const std::string& path);

 private:
  enum class Purpose { read, lock };
  RawFile(const std::string& path, Purpose purpose);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xkv::storage
