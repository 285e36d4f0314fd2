// SPDX-License-Identifier: Apache-2.0
/// A source file as the architecture tests see it: a path, lines, and what it includes.
#pragma once

#include <string>
#include <vector>

namespace xkv::architecture {

struct Include {
  int line = 0;
  std::string name;
  bool quoted = false;
};

struct SourceFile {
  std::string path;  ///< from the project's root, with slashes
  std::vector<std::string> lines;
  std::vector<Include> includes;

  bool isHeader() const;
};

SourceFile parseSource(std::string path, const std::string& text);

/// Every .h and .cpp below the given folders of `root`, sorted by path.
std::vector<SourceFile> readSources(const std::string& root,
                                    const std::vector<std::string>& folders);

}  // namespace xkv::architecture
