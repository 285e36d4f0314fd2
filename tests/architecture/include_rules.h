// SPDX-License-Identifier: Apache-2.0
/// Which folder may include which folders and libraries: the table of ARCHITECTURE.md as data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/architecture/source_file.h"

namespace xkv::architecture {

/// A library (or the system) that an include in angle brackets belongs to.
enum class Vendor {
  standard,
  system,
  expected,
  json,
  torch,
  highway,
  intrinsics,
  pcre2,
  icu,
  sqlite,
  qt,
  qcustomplot,
  cli11,
  yaml,
};

/// No value: the header is in nobody's list.
std::optional<Vendor> vendorOf(std::string_view header);

/// The rule whose `scope` is the longest that fits a path holds for it.
struct IncludeRule {
  std::string_view scope;                  ///< a folder (ends in '/') or one file
  std::vector<std::string_view> project;   ///< folders (end in '/') or single headers of ours
  std::vector<Vendor> vendors;             ///< in every file
  std::vector<Vendor> vendors_in_sources;  ///< in .cpp files only
  std::vector<std::string_view> never{};   ///< exceptions from `project`
};

const std::vector<IncludeRule>& includeRules();

/// One sentence per include that breaks the rule of its file.
std::vector<std::string> includeViolations(const SourceFile& file);

}  // namespace xkv::architecture
