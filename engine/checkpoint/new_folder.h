// SPDX-License-Identifier: Apache-2.0
/// A folder that is filled completely or taken away again.
#pragma once

#include <string>
#include <vector>

#include "profiling/records/result.h"

namespace xkv {

class NewFolder {
 public:
  /// Makes the folder, those above it too. bad_input: it holds files, or is no folder.
  static Result<NewFolder> make(const std::string& path);
  /// Takes away what was added, and the folder if it was made here, unless keep() was called.
  ~NewFolder();
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;

  /// The path of a file that is about to be written.
  std::string add(const std::string& name);
  /// Writes a small file. failure: the disk, with its reason.
  Status write(const std::string& name, const std::string& content);
  /// failure: fewer bytes are free.
  Status needs(int64_t bytes) const;
  void keep() { kept_ = true; }

 private:
  NewFolder(std::string path, bool made) : path_(std::move(path)), made_(made) {}
  std::string path_;
  bool made_ = false;
  bool kept_ = false;
  std::vector<std::string> files_;
};

}  // namespace xkv
