// SPDX-License-Identifier: Apache-2.0
/// The first 100 bytes of a session, its companions on disk, and the private copy
/// (sqlite.org/fileformat2.html).
#include "storage/session_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "profiling/records/printable.h"
#include "storage/companion_copy.h"
#include "storage/raw_file.h"
#include "storage/schema.h"
#include "storage/storage_error.h"

namespace xkv::storage {
namespace {

constexpr size_t kHeaderSize = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

struct Header {
  std::array<uint8_t, kHeaderSize> bytes{};

  uint32_t big32(size_t at) const {
    return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 |
           static_cast<uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
  }
  int64_t pageSize() const {
    const int64_t size = bytes[16] << 8 | bytes[17];
    return size == 1 ? 65536 : size;
  }
  int64_t pageCount() const { return big32(28); }
  /// Every writer sets the log, and takes it away when it closes the file.
  bool hasLogMode() const { return bytes[18] == 2; }
  uint32_t userVersion() const { return big32(60); }
  uint32_t applicationId() const { return big32(68); }
};

void checkIdentity(const RawFile& file) {
  Header header;
  if (file.size() == 0) throwBadFile("the file is empty, it is no session");
  file.read(0, header.bytes);
  if (std::memcmp(header.bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    throwBadFile("this is no xKV Scope session (no SQLite file)");
  }
  if (file.size() < static_cast<int64_t>(kHeaderSize)) {
    throwBadFile("the file is cut: " + std::to_string(file.size()) +
                 " bytes are there, not even its header");
  }
  if (header.applicationId() != kApplicationId) {
    throwBadFile("this is another program's SQLite file (application_id " +
                 std::to_string(header.applicationId()) + ", a session has " +
                 std::to_string(kApplicationId) + ")");
  }
  if (header.userVersion() > kSchemaVersion) {
    throwBadFile("the session is of a newer version of xKV Scope (format " +
                 std::to_string(header.userVersion()) + ", this program reads up to " +
                 std::to_string(kSchemaVersion) + ")");
  }
  if (header.userVersion() < kSchemaVersion) {
    throwBadFile("the session has format " + std::to_string(header.userVersion()) +
                 ", which was never released; this program reads format " +
                 std::to_string(kSchemaVersion));
  }
}

/// Only where neither log nor journal can still change the size.
void checkSize(const RawFile& file) {
  Header header;
  file.read(0, header.bytes);
  const int64_t promised = header.pageSize() * header.pageCount();
  if (file.size() == promised) return;
  const std::string numbers = std::to_string(header.pageCount()) + " pages of " +
                              std::to_string(header.pageSize()) + " bytes need " +
                              std::to_string(promised) + " bytes, the file has " +
                              std::to_string(file.size());
  throwBadFile((file.size() < promised ? "the session is cut: " : "the session is damaged: ") +
               numbers);
}

bool isInLogMode(const RawFile& file) {
  Header header;
  file.read(0, header.bytes);
  return header.hasLogMode();
}

/// What lies beside a session: "-wal" or "-journal" with content.
bool hasCompanion(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  if (!S_ISREG(status.st_mode)) throwBadFile("what lies beside it as " + path + " is no file");
  return status.st_size > 0;
}

void copyMain(const RawFile& from, const std::string& to) {
  std::ofstream file(to, std::ios::binary);
  std::vector<uint8_t> block(1 << 20);
  const int64_t size = from.size();
  for (int64_t at = 0; at < size; at += static_cast<int64_t>(block.size())) {
    const auto left = static_cast<size_t>(size - at);
    const std::span<uint8_t> part(block.data(), std::min(block.size(), left));
    from.read(at, part);
    file.write(reinterpret_cast<const char*>(part.data()),
               static_cast<std::streamsize>(part.size()));
  }
  if (!file.flush()) failCopy(to);
}

/// File and log as they were at one moment. While the log's header stays the same, all that a
/// checkpoint moves into the file stays in the log as well, and what the log says counts: so it
/// does not matter in which state the file was copied. False: the log began anew meanwhile.
bool copyWithLog(const std::string& real_path, const RawFile& file, const std::string& to) {
  const auto before = logHeader(real_path + "-wal");
  copyMain(file, to);
  if (!copyLog(real_path + "-wal", to + "-wal")) return false;
  const auto after = logHeader(real_path + "-wal");
  return before == after;
}

bool copyWithJournal(const std::string& real_path, const RawFile& file, const std::string& to) {
  if (file.isReserved()) return false;
  copyMain(file, to);
  return copyJournal(real_path + "-journal", to + "-journal", file.size()) && !file.isReserved();
}

/// The tables are ours and every page hangs together.
void checkContent(const Database& database) {
  checkSchema(database);
  const std::string found = database.textOf("PRAGMA quick_check(1)");
  if (found != "ok") throwBadFile("the session is damaged (" + printable(found, 200) + ")");
}

/// One try; nothing: somebody changed the file while it was being copied.
std::optional<ReadableSession> tryOpen(const std::string& real_path) {
  ReadableSession session;
  session.stamp = stampOf(real_path);
  const RawFile file(real_path);
  checkIdentity(file);
  const bool has_log = hasCompanion(real_path + "-wal");
  const bool has_journal = hasCompanion(real_path + "-journal");
  if (!has_log && !has_journal) {
    checkSize(file);
    session.database = std::make_unique<Database>(real_path, Access::immutable);
  } else {
    session.copy = std::make_unique<TemporaryFolder>();
    const std::string copy = session.copy->file("session.xkv");
    const bool copied =
        has_journal ? copyWithJournal(real_path, file, copy) : copyWithLog(real_path, file, copy);
    if (!copied) return std::nullopt;
    session.database = std::make_unique<Database>(copy, Access::write);
  }
  checkContent(*session.database);
  session.held_open = isInLogMode(file) && RawFile::isHeldOpen(real_path);
  return session;
}

}  // namespace

std::string resolveSession(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) throwBadFile("there is no such file");
    throwBadFile(std::string("the file cannot be read (") + std::strerror(errno) + ")");
  }
  if (S_ISDIR(status.st_mode)) throwBadFile("this is a folder, a session is a file");
  if (!S_ISREG(status.st_mode)) throwBadFile("this is a pipe or a device, a session is a file");
  std::error_code error;
  const auto real_path = std::filesystem::canonical(path, error);
  if (error) throwBadFile("the file cannot be read (" + error.message() + ")");
  return real_path.string();
}

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  auto base = std::filesystem::temp_directory_path(error);
  if (error) base = "/tmp";
  std::string name = (base / "xkv-session-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw StorageError(ErrorKind::failure, "no temporary folder can be made as " + name + " (" +
                                               std::strerror(errno) + ")");
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

FileStamp stampOf(const std::string& real_path) {
  struct stat status {};
  if (stat(real_path.c_str(), &status) != 0) return {};
  return {status.st_size, status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec,
          status.st_ino};
}

ReadableSession openForReading(const std::string& real_path) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    if (std::optional<ReadableSession> session = tryOpen(real_path)) return std::move(*session);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw StorageError(ErrorKind::try_again,
                     "another program is writing this file; try again when it is done");
}

}  // namespace xkv::storage
