// SPDX-License-Identifier: Apache-2.0
/// Rows as CSV text by RFC 4180, numbers with every digit that they have.
#include "app/export/csv_table.h"

#include <array>
#include <charconv>
#include <cmath>

namespace xkv {
namespace {

template <class Number>
std::string shortest(Number value) {
  if (!std::isfinite(value)) return "";
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

CsvCell::CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    text_ = text;
    return;
  }
  text_ = "\"";
  for (const char c : text) text_ += c == '"' ? std::string("\"\"") : std::string(1, c);
  text_ += '"';
}

CsvCell::CsvCell(float value) : text_(shortest(value)) {}
CsvCell::CsvCell(double value) : text_(shortest(value)) {}

void CsvTable::add(std::initializer_list<CsvCell> cells) {
  bool first = true;
  for (const CsvCell& cell : cells) {
    if (!first) text_ += ',';
    first = false;
    text_ += cell.text();
  }
  text_ += "\r\n";
}

}  // namespace xkv
