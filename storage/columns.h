// SPDX-License-Identifier: Apache-2.0
/// The fields of a record as the columns of its table: names, values in, values out, all by
/// fields.h.
///
/// Words and texts are TEXT, counts and flags INTEGER, numbers REAL (NaN is NULL), lists of numbers
/// a blob (float_blob.h). A record inside gives columns with its key in front: peak_factor_bytes.
/// Lists of records have tables of their own and take no column.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "profiling/records/fields.h"
#include "profiling/records/words.h"
#include "storage/float_blob.h"
#include "storage/statement.h"

namespace xkv::storage {

template <class T>
concept Number = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, int64_t>;
template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, std::string>;

/// Collects the names of the columns.
class ColumnNames {
 public:
  template <class T>
  void operator()(const char* key, const T& value) {
    add(key, value);
  }
  std::vector<std::string> names;

 private:
  template <Scalar T>
  void add(const char* key, const T&) {
    names.push_back(prefix_ + key);
  }
  template <class T>
  void add(const char* key, const std::optional<T>&) {
    names.push_back(prefix_ + key);
  }
  template <class T>
  void add(const char* key, const std::vector<T>&) {
    if constexpr (Number<T>) names.push_back(prefix_ + key);
  }
  template <class T>
  void add(const char* key, const T& record) {
    const std::string before = std::exchange(prefix_, prefix_ + key + "_");
    fields(*this, record);
    prefix_ = before;
  }

  std::string prefix_;
};

/// Binds the values in the order of the names. Blobs live until the binder is gone.
class ColumnBinder {
 public:
  explicit ColumnBinder(Statement& statement) : statement_(statement) {}
  template <class T>
  void operator()(const char*, const T& value) {
    bind(value);
  }

 private:
  template <std::integral T>
  void bind(const T& value) {
    static_assert(!std::same_as<T, uint64_t>, "SQLite has no unsigned 64 bit");
    statement_.bind(static_cast<int64_t>(value));
  }
  template <std::floating_point T>
  void bind(const T& value) {
    statement_.bind(static_cast<double>(value));
  }
  void bind(const std::string& value) { statement_.bind(std::string_view(value)); }
  template <class T>
  requires std::is_enum_v<T>
  void bind(const T& value) { statement_.bind(word(value)); }
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) {
      bind(*value);
    } else {
      statement_.bindNull();
    }
  }
  template <class T>
  void bind(const std::vector<T>& values) {
    if constexpr (Number<T>) statement_.bind(blobs_.emplace_back(toBlob(values)));
  }
  template <class T>
  void bind(const T& record) {
    fields(*this, record);
  }

  Statement& statement_;
  std::vector<Blob> blobs_;  ///< their bytes do not move when the list grows
};

/// Reads the values in the order of the names; throws where a value cannot be what it should be.
class ColumnReader {
 public:
  explicit ColumnReader(const Statement& statement, int first_column = 0)
      : statement_(statement), column_(first_column) {}
  template <class T>
  void operator()(const char*, T& value) {
    read(value);
  }

 private:
  template <std::integral T>
  void read(T& value) {
    const int64_t number = statement_.integer(column_);
    if (!inRange<T>(number))
      statement_.refuse(column_, "is " + std::to_string(number) + ", out of range");
    value = static_cast<T>(number);
    ++column_;
  }
  template <std::floating_point T>
  void read(T& value) {
    value = static_cast<T>(statement_.real(column_++));
  }
  void read(std::string& value) { value = statement_.text(column_++); }
  template <class T>
  requires std::is_enum_v<T>
  void read(T& value) {
    const auto known = fromWord<T>(statement_.text(column_));
    if (!known) statement_.refuse(column_, "holds an unknown word");
    value = *known;
    ++column_;
  }
  template <class T>
  void read(std::optional<T>& value) {
    value.reset();
    if (statement_.isNull(column_)) {
      ++column_;
    } else {
      read(value.emplace());
    }
  }
  template <class T>
  void read(std::vector<T>& values) {
    if constexpr (Number<T>) {
      const char* problem = fromBlob(statement_.blob(column_), values);
      if (problem != nullptr) statement_.refuse(column_, problem);
      ++column_;
    }
  }
  template <class T>
  void read(T& record) {
    fields(*this, record);
  }

  template <class T>
  static bool inRange(int64_t number) {
    if constexpr (std::same_as<T, bool>) {
      return number == 0 || number == 1;
    } else {
      return std::in_range<T>(number);
    }
  }

  const Statement& statement_;
  int column_;
};

}  // namespace xkv::storage
