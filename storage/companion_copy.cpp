// SPDX-License-Identifier: Apache-2.0
/// Frames of a write-ahead log are counted by their salts (sqlite.org/fileformat2.html, 4.1).
#include "storage/companion_copy.h"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <vector>

#include "storage/storage_error.h"

namespace xkv::storage {
namespace {

constexpr int64_t kFrameHeaderBytes = 24;
constexpr size_t kPageSizeAt = 8;
constexpr size_t kSaltsAt = 16;
constexpr size_t kFrameSaltsAt = 8;
constexpr size_t kSaltBytes = 8;
// A journal's header is repeated each time that it reaches the device.
constexpr int64_t kJournalTimes = 4;
constexpr int64_t kJournalMore = 16 << 20;

/// Bytes of a frame; none of a header that SQLite would not take for a log's.
std::optional<int64_t> frameBytes(const LogHeader& header) {
  const uint32_t page_size = static_cast<uint32_t>(header[kPageSizeAt]) << 24 |
                             static_cast<uint32_t>(header[9]) << 16 |
                             static_cast<uint32_t>(header[10]) << 8 | header[11];
  const bool possible = page_size >= 512 && page_size <= 65536 && std::has_single_bit(page_size);
  if (!possible || header[0] != 0x37 || header[1] != 0x7f) return std::nullopt;
  return kFrameHeaderBytes + page_size;
}

void write(std::ofstream& file, const uint8_t* bytes, size_t count) {
  file.write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(count));
}

/// False at the end, also in the middle of a frame.
bool readFrame(std::ifstream& file, std::vector<uint8_t>& frame) {
  return static_cast<bool>(
      file.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(frame.size())));
}

bool isOfLog(const std::vector<uint8_t>& frame, const LogHeader& header) {
  return std::equal(frame.begin() + kFrameSaltsAt, frame.begin() + kFrameSaltsAt + kSaltBytes,
                    header.begin() + kSaltsAt);
}

}  // namespace

void failCopy(const std::string& path) {
  throw StorageError(ErrorKind::failure, "a private copy could not be written to " + path);
}

std::optional<LogHeader> logHeader(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  LogHeader header{};
  if (!file.read(reinterpret_cast<char*>(header.data()), header.size())) return std::nullopt;
  return header;
}

bool copyLog(const std::string& from, const std::string& to) {
  std::ifstream source(from, std::ios::binary);
  if (!source) return false;
  const auto header = logHeader(from);
  const auto frame_bytes = header ? frameBytes(*header) : std::nullopt;
  if (!frame_bytes) return true;
  std::ofstream file(to, std::ios::binary);
  write(file, header->data(), header->size());
  source.seekg(static_cast<std::streamoff>(header->size()));
  std::vector<uint8_t> frame(static_cast<size_t>(*frame_bytes));
  while (readFrame(source, frame) && isOfLog(frame, *header))
    write(file, frame.data(), frame.size());
  if (!file.flush()) failCopy(to);
  return true;
}

bool copyJournal(const std::string& from, const std::string& to, int64_t session_bytes) {
  std::ifstream source(from, std::ios::binary);
  if (!source) return false;
  const int64_t most = kJournalTimes * session_bytes + kJournalMore;
  std::error_code gone;
  const auto size = std::filesystem::file_size(from, gone);
  if (gone) return false;
  if (size > static_cast<uint64_t>(most)) {
    throwBadFile("its journal has " + std::to_string(size) + " bytes, of a session of " +
                 std::to_string(session_bytes) + " bytes it can have no more than " +
                 std::to_string(most));
  }
  std::ofstream file(to, std::ios::binary);
  if (source.peek() != std::ifstream::traits_type::eof()) file << source.rdbuf();
  if (!file.flush()) failCopy(to);
  return true;
}

}  // namespace xkv::storage
