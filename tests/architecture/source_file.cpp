// SPDX-License-Identifier: Apache-2.0
/// Reads sources and finds their include lines.
#include "tests/architecture/source_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <utility>

namespace xkv::architecture {

bool SourceFile::isHeader() const { return path.ends_with(".h"); }

SourceFile parseSource(std::string path, const std::string& text) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  SourceFile file;
  file.path = std::move(path);
  std::istringstream stream(text);
  std::string line;
  while (std::getline(stream, line)) {
    file.lines.push_back(line);
    std::smatch match;
    if (std::regex_match(line, match, kInclude)) {
      file.includes.push_back({.line = static_cast<int>(file.lines.size()),
                               .name = match[2].str(),
                               .quoted = match[1].str() == "\""});
    }
  }
  return file;
}

std::vector<SourceFile> readSources(const std::string& root,
                                    const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root + "/" + folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream stream(entry.path());
      std::ostringstream text;
      text << stream.rdbuf();
      files.push_back(
          parseSource(entry.path().lexically_relative(root).generic_string(), text.str()));
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

}  // namespace xkv::architecture
