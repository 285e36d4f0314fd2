// SPDX-License-Identifier: Apache-2.0
/// A file that is made under a temporary name and appears under its own only when it is whole.
#pragma once

#include <string>

namespace xkv::storage {

/// Throws StorageError. Removed again unless it was published.
class NewFile {
 public:
  /// bad_input when something is at `path` already; failure when its folder cannot be written.
  explicit NewFile(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& temporaryPath() const { return temporary_; }
  /// Written to the device, then renamed; bad_input when something came to be there meanwhile.
  void publish();

 private:
  std::string path_;
  std::string temporary_;
  bool published_ = false;
};

}  // namespace xkv::storage
