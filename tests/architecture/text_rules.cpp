// SPDX-License-Identifier: Apache-2.0
/// The rules for the text of one file.
#include "tests/architecture/text_rules.h"

#include <array>
#include <filesystem>
#include <string_view>

namespace xkv::architecture {
namespace {

constexpr size_t kLongestHeader = 200;
constexpr size_t kLongestSource = 500;

/// Written in two halves so that this file does not hold them.
const std::array<std::string, 5> kForbidden{
    "GTEST_"
    "SKIP",
    "DISABLED"
    "_",
    "TO"
    "DO",
    "FIX"
    "ME",
    "<torch/"
    "torch.h>"};
constexpr std::array<std::string_view, 4> kNamesWithoutIdea{"utils", "util", "helpers", "common"};

void checkName(const SourceFile& file, std::vector<std::string>& violations) {
  const std::string stem = std::filesystem::path(file.path).stem().string();
  for (const std::string_view name : kNamesWithoutIdea) {
    if (stem == name) violations.push_back(file.path + ": a name that says nothing");
  }
}

void checkOpening(const SourceFile& file, std::vector<std::string>& violations) {
  const std::string licence = "// SPDX-License-Identifier: " + licenceOf(file.path);
  const std::string first = file.lines.empty() ? "" : file.lines[0];
  // A test may carry the licence of what it tests, or the project's.
  const bool is_test = file.path.starts_with("tests/");
  if (first != licence && !(is_test && first.starts_with("// SPDX-License-Identifier: "))) {
    violations.push_back(file.path + ":1: the first line is not \"" + licence + "\"");
  }
  if (file.lines.size() < 2 || !file.lines[1].starts_with("/// ")) {
    violations.push_back(file.path +
                         ":2: the second line does not give the file's reason (/// ...)");
  }
}

void checkLength(const SourceFile& file, std::vector<std::string>& violations) {
  const size_t longest = file.isHeader() ? kLongestHeader : kLongestSource;
  if (file.lines.size() > longest) {
    violations.push_back(file.path + ": " + std::to_string(file.lines.size()) +
                         " lines, the limit is " + std::to_string(longest));
  }
}

void checkWords(const SourceFile& file, std::vector<std::string>& violations) {
  for (size_t i = 0; i < file.lines.size(); ++i) {
    for (const std::string& word : kForbidden) {
      if (file.lines[i].find(word) == std::string::npos) continue;
      violations.push_back(file.path + ":" + std::to_string(i + 1) + ": holds " + word);
    }
  }
}

}  // namespace

std::string licenceOf(const std::string& path) {
  const bool is_window = path.starts_with("views/") || path.starts_with("app/window/");
  return is_window ? "GPL-3.0-or-later" : "Apache-2.0";
}

std::vector<std::string> textViolations(const SourceFile& file) {
  std::vector<std::string> violations;
  checkName(file, violations);
  checkOpening(file, violations);
  checkLength(file, violations);
  checkWords(file, violations);
  return violations;
}

}  // namespace xkv::architecture
