// SPDX-License-Identifier: Apache-2.0
/// A library hidden behind our own headers is found.
#include "tests/architecture/reach_rules.h"

#include <gmock/gmock.h>

namespace xkv::architecture {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ReachRules, FollowsHeadersAndEndsOnCycles) {
  const std::vector<SourceFile> files{
      parseSource("engine/a.h", "#include \"engine/b.h\"\n"),
      parseSource("engine/b.h", "#include \"engine/a.h\"\n#include <ATen/core/Tensor.h>\n"),
  };
  EXPECT_THAT(reachedVendors(files, "engine/a.h"), ElementsAre(Vendor::torch));
}

TEST(ReachRules, FindsTorchBehindThePublicHeader) {
  const std::vector<SourceFile> files{
      parseSource("app/experiment.h", "#include \"engine/engine.h\"\n"),
      parseSource("engine/cache/kv_cache.h", "#include <ATen/core/Tensor.h>\n"),
      parseSource("engine/engine.h", "#include \"engine/cache/kv_cache.h\"\n"),
  };
  EXPECT_THAT(reachViolations(files), ElementsAre("app/experiment.h: reaches LibTorch",
                                                  "engine/engine.h: reaches LibTorch"));
}

TEST(ReachRules, FindsQtAndTorchInOneUnit) {
  const std::vector<SourceFile> files{
      parseSource("engine/a.h", "#include <QString>\n"),
      parseSource("engine/b.cpp", "#include \"engine/a.h\"\n#include <ATen/core/Tensor.h>\n"),
  };
  EXPECT_THAT(reachViolations(files), Contains("engine/b.cpp: sees both Qt and LibTorch"));
}

TEST(ReachRules, FindsSqliteBehindTheStore) {
  const std::vector<SourceFile> files{
      parseSource("storage/database.h", "#include <sqlite3.h>\n"),
      parseSource("storage/session_store.h", "#include \"storage/database.h\"\n"),
  };
  EXPECT_THAT(reachViolations(files), ElementsAre("storage/session_store.h: reaches SQLite"));
}

TEST(ReachRules, LetsACleanTreeThrough) {
  const std::vector<SourceFile> files{
      parseSource("engine/a.cpp", "#include \"engine/engine.h\"\n#include <ATen/core/Tensor.h>\n"),
      parseSource("engine/engine.h", "#include <string>\n"),
      parseSource("views/a.cpp", "#include <QString>\n"),
  };
  EXPECT_THAT(reachViolations(files), IsEmpty());
}

}  // namespace
}  // namespace xkv::architecture
