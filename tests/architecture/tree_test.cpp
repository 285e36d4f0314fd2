// SPDX-License-Identifier: Apache-2.0
/// The real tree against the rules.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/architecture/include_rules.h"
#include "tests/architecture/reach_rules.h"
#include "tests/architecture/source_file.h"
#include "tests/architecture/text_rules.h"

namespace xkv::architecture {
namespace {

const std::vector<std::string> kFolders{"profiling", "engine", "storage", "views", "app"};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(Tree, IsWhereTheTestLooks) {
  for (const std::string& folder : kFolders) {
    EXPECT_GE(readSources(XKV_SOURCE_DIR, {folder}).size(), 3u) << folder;
  }
}

TEST(Tree, FoldersIncludeOnlyWhatTheyMay) {
  std::vector<std::string> violations;
  for (const SourceFile& file : readSources(XKV_SOURCE_DIR, kFolders)) {
    std::ranges::move(includeViolations(file), std::back_inserter(violations));
  }
  EXPECT_TRUE(violations.empty()) << joined(violations);
}

TEST(Tree, NobodyReachesWhatTheyMustNot) {
  const std::vector<std::string> violations =
      reachViolations(readSources(XKV_SOURCE_DIR, kFolders));
  EXPECT_TRUE(violations.empty()) << joined(violations);
}

TEST(Tree, OnlyOneHeaderIncludesQCustomPlot) {
  std::vector<std::string> includers;
  for (const SourceFile& file : readSources(XKV_SOURCE_DIR, kFolders)) {
    const bool includes_it = std::ranges::any_of(file.includes, [](const Include& include) {
      return include.name == "qcustomplot.h" || include.name.ends_with("/qcustomplot.hpp");
    });
    if (includes_it) includers.push_back(file.path);
  }
  EXPECT_THAT(includers, testing::ElementsAre("views/qcustomplot.h"));
}

TEST(Tree, EveryFileReadsLikeTheOthers) {
  std::vector<std::string> folders = kFolders;
  folders.push_back("tests");
  std::vector<std::string> violations;
  for (const SourceFile& file : readSources(XKV_SOURCE_DIR, folders)) {
    std::ranges::move(textViolations(file), std::back_inserter(violations));
  }
  EXPECT_TRUE(violations.empty()) << joined(violations);
}

}  // namespace
}  // namespace xkv::architecture
