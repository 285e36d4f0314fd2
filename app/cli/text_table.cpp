// SPDX-License-Identifier: Apache-2.0
/// Rows of cells as aligned columns on a terminal.
#include "app/cli/text_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace xkv::cli {
namespace {

/// Characters, not bytes: continuation bytes of UTF-8 take no column.
size_t columnsOf(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string scaled(double value, const std::array<const char*, 4>& units) {
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  const int digits = unit == 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return fixed(value, digits) + " " + units[unit];
}

}  // namespace

std::string TextTable::text() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columnsOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - columnsOf(row[i]), ' ');
      line += (i == 0 ? row[i] + gap : "  " + gap + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string fixed(double value, int digits) {
  std::array<char, 400> text;
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<size_t>(std::clamp(length, 0, 399))};
}

std::string bytesText(int64_t bytes) {
  constexpr double kKib = 1024;
  const auto value = static_cast<double>(bytes);
  if (value < kKib) return fixed(value, 0) + " B";
  if (value < kKib * kKib) return fixed(value / kKib, 1) + " KiB";
  if (value < kKib * kKib * kKib) return fixed(value / (kKib * kKib), 1) + " MiB";
  return fixed(value / (kKib * kKib * kKib), 2) + " GiB";
}

std::string durationText(int64_t ns) {
  return scaled(static_cast<double>(ns), {"ns", "us", "ms", "s"});
}

std::string percentText(double share) { return fixed(100 * share, 2) + " %"; }

}  // namespace xkv::cli
