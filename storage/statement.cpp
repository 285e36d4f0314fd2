// SPDX-License-Identifier: Apache-2.0
/// Binding and reading of values, with the types checked.
#include "storage/statement.h"

#include <sqlite3.h>

#include <limits>

#include "storage/storage_error.h"

namespace xkv::storage {

void Statement::Closer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      &handle, nullptr);
  handle_.reset(handle);
  check(code);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail();
}

Statement& Statement::bind(int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), next_++, value));
  return *this;
}

Statement& Statement::bind(double value) {
  check(sqlite3_bind_double(handle_.get(), next_++, value));
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  const char* data = value.empty() ? "" : value.data();  // a null pointer would be NULL
  check(
      sqlite3_bind_text64(handle_.get(), next_++, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(std::span<const uint8_t> value) {
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  check(sqlite3_bind_blob64(handle_.get(), next_++, data, value.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bindNull() {
  check(sqlite3_bind_null(handle_.get(), next_++));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail();
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(handle_.get());  // repeats the code of the step, which was checked there
  next_ = 1;
}

int Statement::columnCount() const { return sqlite3_column_count(handle_.get()); }

bool Statement::isNull(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

int64_t Statement::integer(int column) const {
  requireType(column, SQLITE_INTEGER, "a whole number");
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const {
  if (isNull(column)) return std::numeric_limits<double>::quiet_NaN();
  requireType(column, SQLITE_FLOAT, "a number");
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
  requireType(column, SQLITE_TEXT, "a text");
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr) throw StorageError(ErrorKind::out_of_memory, "no memory is left");
  return std::string(data, static_cast<size_t>(size));
}

std::span<const uint8_t> Statement::blob(int column) const {
  requireType(column, SQLITE_BLOB, "a blob");
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {data, data == nullptr ? 0 : static_cast<size_t>(size)};
}

void Statement::requireType(int column, int type, const char* name) const {
  if (sqlite3_column_type(handle_.get(), column) != type) {
    refuse(column, std::string("is not ") + name);
  }
}

void Statement::refuse(int column, const std::string& problem) const {
  const char* name = sqlite3_column_name(handle_.get(), column);
  throwBadFile("the file is damaged: column " + std::string(name == nullptr ? "?" : name) + " " +
               problem);
}

}  // namespace xkv::storage
