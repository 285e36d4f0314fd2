// SPDX-License-Identifier: Apache-2.0
/// A folder that is filled completely or taken away again.
#include "engine/checkpoint/new_folder.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

namespace fs = std::filesystem;

std::string label(const std::string& path) { return printable(path, 400); }

}  // namespace

Result<NewFolder> NewFolder::make(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status)) {
    if (!fs::is_directory(status)) {
      return failure(ErrorKind::bad_input, label(path) + " is there and is no folder");
    }
    const bool empty = fs::is_empty(path, error);
    if (error) {
      return failure(ErrorKind::failure, label(path) + " cannot be read: " + error.message());
    }
    if (!empty) {
      return failure(ErrorKind::bad_input,
                     label(path) + " holds files already; a new or an empty folder is needed");
    }
    return NewFolder(path, false);
  }
  error.clear();
  fs::create_directories(path, error);
  if (error) {
    return failure(ErrorKind::failure, label(path) + " cannot be made: " + error.message());
  }
  return NewFolder(path, true);
}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : path_(std::move(other.path_)),
      made_(other.made_),
      kept_(std::exchange(other.kept_, true)),
      files_(std::move(other.files_)) {}

NewFolder::~NewFolder() {
  if (kept_) return;
  std::error_code ignored;
  for (const std::string& file : files_) fs::remove(file, ignored);
  if (made_) fs::remove(path_, ignored);
}

std::string NewFolder::add(const std::string& name) {
  files_.push_back((fs::path(path_) / name).string());
  return files_.back();
}

Status NewFolder::write(const std::string& name, const std::string& content) {
  const std::string path = add(name);
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (file) return {};
  return failure(ErrorKind::failure,
                 sentence("{} cannot be written: {}", label(path), std::strerror(errno)));
}

Status NewFolder::needs(int64_t bytes) const {
  std::error_code error;
  const fs::space_info space = fs::space(path_, error);
  if (error || std::cmp_less_equal(bytes, space.available)) return {};
  return failure(ErrorKind::failure, sentence("{}: {} bytes are needed, the disk has {} free",
                                              label(path_), bytes, space.available));
}

}  // namespace xkv
