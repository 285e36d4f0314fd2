// SPDX-License-Identifier: Apache-2.0
/// Rows as CSV text by RFC 4180, numbers with every digit that they have.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace xkv {

/// One cell: a text, a number, or nothing.
class CsvCell {
 public:
  CsvCell() = default;
  CsvCell(std::string_view text);
  CsvCell(const std::string& text) : CsvCell(std::string_view(text)) {}
  CsvCell(const char* text) : CsvCell(std::string_view(text)) {}
  CsvCell(bool value) : text_(value ? "1" : "0") {}
  template <std::integral Number>
  CsvCell(Number value) : text_(std::to_string(value)) {}
  CsvCell(
      float value);  ///< shortest text that reads back as the same float; empty where not finite
  CsvCell(double value);
  template <class T>
  CsvCell(const std::optional<T>& value) : CsvCell(value ? CsvCell(*value) : CsvCell()) {}

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class CsvTable {
 public:
  explicit CsvTable(std::initializer_list<CsvCell> columns) { add(columns); }
  void add(std::initializer_list<CsvCell> cells);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace xkv
