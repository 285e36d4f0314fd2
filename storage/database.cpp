// SPDX-License-Identifier: Apache-2.0
/// Connections, their settings, and what SQLite's codes mean to a user.
#include "storage/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "profiling/records/printable.h"
#include "storage/statement.h"
#include "storage/storage_error.h"

namespace xkv::storage {
namespace {

constexpr int kBusyTimeoutMs = 2000;

ErrorKind kindOf(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::try_again;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:  // on fixed SQL: the file's tables are not ours
    case SQLITE_MISMATCH:
      return ErrorKind::bad_input;
    case SQLITE_NOMEM:
      return ErrorKind::out_of_memory;
    default:
      return ErrorKind::failure;
  }
}

std::string sentenceOf(sqlite3* handle, int code) {
  const std::string said = printable(sqlite3_errmsg(handle), 200);
  const int system = sqlite3_system_errno(handle);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program is writing this file; try again when it is done";
    case SQLITE_FULL:
      return "no space is left on the device";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "the file is damaged (" + said + ")";
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:  // sqlite3_system_errno is often 0
      return system == 0 ? said : said + " (" + std::strerror(system) + ")";
    default:
      return said;
  }
}

/// A path as a SQLite URI, so that '?' and '#' in names mean themselves.
std::string uriOf(const std::string& path, const char* options) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::strchr("/._-", c) != nullptr;
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return uri + options;
}

void hardenAgainst(sqlite3* handle) {
  for (const int off :
       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
        SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML}) {
    sqlite3_db_config(handle, off, 0, nullptr);
  }
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(const std::string& path, Access access) {
  const std::string uri = uriOf(path, access == Access::immutable ? "?immutable=1" : "");
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  flags |= access == Access::immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  hardenAgainst(handle);
  run("PRAGMA cell_size_check = ON");
}

void Database::run(const std::string& sql) const {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

int64_t Database::integerOf(const std::string& sql) const {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::textOf(const std::string& sql) const {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : "";
}

int64_t Database::lastRowId() const { return sqlite3_last_insert_rowid(handle()); }

bool Database::isReadOnly() const { return sqlite3_db_readonly(handle(), "main") == 1; }

void Database::fail() const {
  if (handle() == nullptr) throw StorageError(ErrorKind::out_of_memory, "no memory is left");
  const int code = sqlite3_extended_errcode(handle());
  throw StorageError(kindOf(code), sentenceOf(handle(), code));
}

Transaction::Transaction(const Database& database, Kind kind) : database_(database) {
  database_.run(kind == Kind::read    ? "BEGIN"
                : kind == Kind::write ? "BEGIN IMMEDIATE"
                                      : "BEGIN EXCLUSIVE");
}

Transaction::~Transaction() {
  // SQLite may have rolled back already, after a full disk for example; then this does nothing.
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace xkv::storage
