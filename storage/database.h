// SPDX-License-Identifier: Apache-2.0
/// One open SQLite connection, set up for files that strangers made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct sqlite3;

namespace xkv::storage {

/// How a database file is opened.
enum class Access {
  create,     ///< a new file
  write,      ///< an existing file
  immutable,  ///< reading, without locks; ignores a write-ahead log
};

/// Throws StorageError. Messages do not name the file: session_store.cpp does.
class Database {
 public:
  Database(const std::string& path, Access access);

  sqlite3* handle() const { return handle_.get(); }
  /// Runs statements that return no rows, or whose rows do not matter.
  void run(const std::string& sql) const;
  int64_t integerOf(const std::string& pragma_or_query) const;
  std::string textOf(const std::string& pragma_or_query) const;
  int64_t lastRowId() const;
  bool isReadOnly() const;

  /// Throws what SQLite just reported.
  [[noreturn]] void fail() const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Closer> handle_;
};

/// All or nothing: rolled back unless commit() was reached.
class Transaction {
 public:
  enum class Kind { read, write, exclusive };
  Transaction(const Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
  bool open_ = true;
};

}  // namespace xkv::storage
