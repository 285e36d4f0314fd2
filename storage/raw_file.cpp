// SPDX-License-Identifier: Apache-2.0
/// RawFile over SQLite's VFS.
#include "storage/raw_file.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "storage/storage_error.h"

namespace xkv::storage {

struct RawFile::Impl {
  struct NameCloser {
    void operator()(const char* name) const { sqlite3_free_filename(const_cast<char*>(name)); }
  };
  std::unique_ptr<const char, NameCloser> name;  ///< the VFS keeps the pointer
  std::vector<std::max_align_t> memory;
  int flags = 0;  ///< how it was really opened

  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory.data()); }
};

RawFile::RawFile(const std::string& path, Purpose purpose) : impl_(std::make_unique<Impl>()) {
  sqlite3_initialize();
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  impl_->name.reset(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr));
  const size_t size = static_cast<size_t>(vfs->szOsFile);
  impl_->memory.resize(size / sizeof(std::max_align_t) + 1);
  std::memset(impl_->memory.data(), 0, impl_->memory.size() * sizeof(std::max_align_t));
  const int wanted = purpose == Purpose::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  errno = 0;
  const int code = vfs->xOpen(vfs, impl_->name.get(), impl_->file(), wanted | SQLITE_OPEN_MAIN_DB,
                              &impl_->flags);
  if (code == SQLITE_OK) return;
  const char* reason = errno == 0 ? "it cannot be opened" : std::strerror(errno);
  throwBadFile(std::string("the file cannot be read (") + reason + ")");
}

RawFile::~RawFile() {
  if (impl_->file()->pMethods != nullptr) impl_->file()->pMethods->xClose(impl_->file());
}

int64_t RawFile::size() const {
  sqlite3_int64 size = 0;
  if (impl_->file()->pMethods->xFileSize(impl_->file(), &size) != SQLITE_OK) {
    throwBadFile("the size of the file cannot be read");
  }
  return size;
}

void RawFile::read(int64_t offset, std::span<uint8_t> bytes) const {
  const int code = impl_->file()->pMethods->xRead(impl_->file(), bytes.data(),
                                                  static_cast<int>(bytes.size()), offset);
  if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return;
  throwBadFile("the file cannot be read at byte " + std::to_string(offset));
}

bool RawFile::isReserved() const {
  int reserved = 0;
  impl_->file()->pMethods->xCheckReservedLock(impl_->file(), &reserved);
  return reserved != 0;
}

/// Such a connection keeps a shared lock for as long as it is open, so the exclusive one fails.
bool RawFile::isHeldOpen(const std::string& path) {
  const RawFile file(path, Purpose::lock);
  if ((file.impl_->flags & SQLITE_OPEN_READWRITE) == 0) return true;
  sqlite3_file* handle = file.impl_->file();
  const bool alone = handle->pMethods->xLock(handle, SQLITE_LOCK_SHARED) == SQLITE_OK &&
                     handle->pMethods->xLock(handle, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK;
  handle->pMethods->xUnlock(handle, SQLITE_LOCK_NONE);
  return !alone;
}

}  // namespace xkv::storage
