// SPDX-License-Identifier: Apache-2.0
/// One prepared statement: values in, rows out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "storage/database.h"

struct sqlite3_stmt;

namespace xkv::storage {

/// Throws StorageError. A column of another type than the one asked for is a damaged file.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  /// The next '?' takes this value. Views must live until the statement has run.
  Statement& bind(int64_t value);
  Statement& bind(double value);  ///< NaN is stored as NULL
  Statement& bind(std::string_view value);
  Statement& bind(std::span<const uint8_t> value);
  Statement& bindNull();

  bool step();  ///< true: a row is there
  void run();   ///< to the end, then ready for the next values
  void reset();

  int columnCount() const;
  bool isNull(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;  ///< NULL is NaN
  std::string text(int column) const;
  std::span<const uint8_t> blob(int column) const;  ///< until the next step

  /// "the file is damaged: column seq_len is TEXT"
  [[noreturn]] void refuse(int column, const std::string& problem) const;

 private:
  void check(int code) const;
  void requireType(int column, int type, const char* name) const;

  struct Closer {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Closer> handle_;
  int next_ = 1;
};

}  // namespace xkv::storage
