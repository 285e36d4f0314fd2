// SPDX-License-Identifier: Apache-2.0
/// Rows of cells as aligned columns on a terminal.
#pragma once

#include <string>
#include <vector>

namespace xkv::cli {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles) : rows_{std::move(titles)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// The first column is set left, the others right; two spaces between.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// "188.2 KiB", "11.20 GiB"; exact below 1 KiB.
std::string bytesText(int64_t bytes);
/// "12.3 ms"
std::string durationText(int64_t ns);
std::string fixed(double value, int digits);
/// "2.31 %"
std::string percentText(double share);

}  // namespace xkv::cli
