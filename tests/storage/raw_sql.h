// SPDX-License-Identifier: Apache-2.0
/// SQL on a file as another program would run it, past the session store.
#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace xkv::testing {

class RawSql {
 public:
  explicit RawSql(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK)
      throw std::runtime_error("cannot open " + path);
  }
  ~RawSql() { sqlite3_close(handle_); }
  RawSql(const RawSql&) = delete;
  RawSql& operator=(const RawSql&) = delete;

  void run(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(handle_));
    }
  }
  /// First column of the first row.
  std::string text(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
      throw std::runtime_error(sqlite3_errmsg(handle_));
    }
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    const std::string value = data == nullptr ? "" : data;
    sqlite3_finalize(statement);
    return value;
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace xkv::testing
