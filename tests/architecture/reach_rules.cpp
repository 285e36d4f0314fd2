// SPDX-License-Identifier: Apache-2.0
/// Follows include lines through our own headers.
#include "tests/architecture/reach_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace xkv::architecture {
namespace {

struct ReachRule {
  std::string_view scope;  ///< a path or the start of paths
  Vendor never = Vendor::torch;
  std::string_view name;
};

constexpr std::array<ReachRule, 12> kReachRules{{
    {"profiling/", Vendor::torch, "LibTorch"},
    {"profiling/", Vendor::qt, "Qt"},
    {"engine/engine.h", Vendor::torch, "LibTorch"},
    {"engine/bench.h", Vendor::torch, "LibTorch"},
    {"engine/engine.h", Vendor::json, "nlohmann/json"},
    {"engine/text/", Vendor::torch, "LibTorch"},
    {"engine/", Vendor::sqlite, "SQLite"},
    {"storage/session_store.h", Vendor::sqlite, "SQLite"},
    {"storage/", Vendor::torch, "LibTorch"},
    {"views/", Vendor::torch, "LibTorch"},
    {"app/", Vendor::torch, "LibTorch"},
    {"app/", Vendor::sqlite, "SQLite"},
}};

const SourceFile* find(const std::vector<SourceFile>& files, const std::string& path) {
  const auto at = std::ranges::find(files, path, &SourceFile::path);
  return at == files.end() ? nullptr : &*at;
}

void visit(const std::vector<SourceFile>& files, const std::string& path,
           std::set<std::string>& seen, std::set<Vendor>& vendors) {
  const SourceFile* file = find(files, path);
  if (!file || !seen.insert(path).second) return;
  for (const Include& include : file->includes) {
    if (include.quoted) {
      visit(files, include.name, seen, vendors);
    } else if (const std::optional<Vendor> vendor = vendorOf(include.name)) {
      vendors.insert(*vendor);
    }
  }
}

}  // namespace

std::set<Vendor> reachedVendors(const std::vector<SourceFile>& files, const std::string& path) {
  std::set<std::string> seen;
  std::set<Vendor> vendors;
  visit(files, path, seen, vendors);
  return vendors;
}

std::vector<std::string> reachViolations(const std::vector<SourceFile>& files) {
  std::vector<std::string> violations;
  for (const SourceFile& file : files) {
    const std::set<Vendor> vendors = reachedVendors(files, file.path);
    for (const ReachRule& rule : kReachRules) {
      if (file.path.starts_with(rule.scope) && vendors.contains(rule.never)) {
        violations.push_back(file.path + ": reaches " + std::string(rule.name));
      }
    }
    if (vendors.contains(Vendor::qt) && vendors.contains(Vendor::torch)) {
      violations.push_back(file.path + ": sees both Qt and LibTorch");
    }
  }
  return violations;
}

}  // namespace xkv::architecture
