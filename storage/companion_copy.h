// SPDX-License-Identifier: Apache-2.0
/// Private copies of what lies beside a session: never more of it than can count, whatever its size
/// claims.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace xkv::storage {

/// The start of a write-ahead log; another one means that the log began anew.
using LogHeader = std::array<uint8_t, 32>;

/// None where there is no log, or one shorter than its header.
std::optional<LogHeader> logHeader(const std::string& path);

/// The header of a write-ahead log and its frames up to the first that is not of this log, which is
/// where SQLite stops reading too. False when the file is gone; throws StorageError.
bool copyLog(const std::string& from, const std::string& to);

/// A rollback journal. It holds pages of the session as they were, each once: one that is far
/// larger than the session's `session_bytes` is refused. False when the file is gone; throws
/// StorageError.
bool copyJournal(const std::string& from, const std::string& to, int64_t session_bytes);

/// Throws StorageError: the copy could not be written.
[[noreturn]] void failCopy(const std::string& path);

}  // namespace xkv::storage
