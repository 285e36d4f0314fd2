// SPDX-License-Identifier: Apache-2.0
/// What lies at a session's path: looked at, and opened for reading, without changing a byte on
/// disk.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "storage/database.h"

namespace xkv::storage {

/// The real path of a regular file behind `path`; bad_input for anything else.
std::string resolveSession(const std::string& path);

/// A folder of our own under the system's temporary folder, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&&) = default;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// When and how large a file was; another stamp means that somebody wrote it.
struct FileStamp {
  int64_t size = 0;
  int64_t modified_ns = 0;
  uint64_t inode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stampOf(const std::string& real_path);

/// A session that can be read: the file itself where nothing else belongs to it, else a private
/// copy of the file and its write-ahead log or journal, as they were at one moment.
struct ReadableSession {
  std::unique_ptr<TemporaryFolder> copy;  ///< closed after the database
  std::unique_ptr<Database> database;
  FileStamp stamp;  ///< of the file itself; used only where there is no copy
  /// Somebody may be writing it: a run without an end may still go on.
  bool held_open = false;
};

/// Everything that can be wrong with a file is found here: bad_input for another program's file, a
/// newer version, a cut or damaged one; try_again while somebody is writing it.
ReadableSession openForReading(const std::string& real_path);

}  // namespace xkv::storage
