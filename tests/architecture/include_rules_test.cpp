// SPDX-License-Identifier: Apache-2.0
/// The include rule catches what it is there for: every case here is a made-up file.
#include "tests/architecture/include_rules.h"

#include <gmock/gmock.h>

namespace xkv::architecture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> check(const std::string& path, const std::string& text) {
  return includeViolations(parseSource(path, text));
}

TEST(IncludeRules, ReadsIncludeLinesOnly) {
  const SourceFile file = parseSource(
      "storage/a.cpp", "#include <vector>\n// #include <QString>\n  # include \"x.h\"  // why\n");
  ASSERT_EQ(file.includes.size(), 2u);
  EXPECT_EQ(file.includes[0].name, "vector");
  EXPECT_FALSE(file.includes[0].quoted);
  EXPECT_EQ(file.includes[1].name, "x.h");
  EXPECT_TRUE(file.includes[1].quoted);
  EXPECT_EQ(file.includes[1].line, 3);
}

TEST(IncludeRules, KnowsWhoAHeaderBelongsTo) {
  EXPECT_EQ(vendorOf("string_view"), Vendor::standard);
  EXPECT_EQ(vendorOf("sys/mman.h"), Vendor::system);
  EXPECT_EQ(vendorOf("ATen/ops/mm.h"), Vendor::torch);
  EXPECT_EQ(vendorOf("QWidget"), Vendor::qt);
  EXPECT_EQ(vendorOf("QtCore/QString"), std::nullopt);
  EXPECT_EQ(vendorOf("boost/any.hpp"), std::nullopt);
}

TEST(IncludeRules, LetsThroughWhatTheTableAllows) {
  EXPECT_THAT(check("profiling/records/json.cpp",
                    "#include <tl/expected.hpp>\n#include <nlohmann/json.hpp>\n"
                    "#include \"profiling/records/record.h\"\n"),
              IsEmpty());
  EXPECT_THAT(check("engine/cache/x.h",
                    "#include <ATen/core/Tensor.h>\n#include \"profiling/phase_sink.h\"\n"
                    "#include \"profiling/layer_groups.h\"\n"),
              IsEmpty());
  EXPECT_THAT(check("storage/database.cpp", "#include <sqlite3.h>\n#include <unistd.h>\n"),
              IsEmpty());
  EXPECT_THAT(check("app/window/main.cpp",
                    "#include <QApplication>\n#include \"views/theme.h\"\n"
                    "#include \"storage/session_store.h\"\n"),
              IsEmpty());
  EXPECT_THAT(
      check("app/cli/options.cpp", "#include <CLI/App.hpp>\n#include \"engine/engine.h\"\n"),
      IsEmpty());
}

TEST(IncludeRules, StopsFoldersThatAreNotAllowed) {
  EXPECT_THAT(check("profiling/records/a.h", "\n#include \"profiling/layer_groups.h\"\n"),
              ElementsAre(HasSubstr("profiling/records/a.h:2: profiling/layer_groups.h is not")));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"profiling/a.cpp", "engine/engine.h"},
      {"engine/a.cpp", "profiling/timeline_recorder.h"},
      {"engine/a.cpp", "storage/session_store.h"},
      {"engine/text/a.cpp", "engine/model/decoder.h"},
      {"engine/engine.h", "engine/cache/kv_cache.h"},
      {"storage/a.cpp", "engine/engine.h"},
      {"storage/a.cpp", "profiling/layer_groups.h"},
      {"views/a.cpp", "engine/engine.h"},
      {"views/a.cpp", "storage/session_store.h"},
      {"app/experiment.cpp", "engine/cache/kv_cache.h"},
      {"app/experiment.cpp", "storage/database.h"},
      {"app/cli/a.cpp", "views/theme.h"},
      {"app/cli/a.cpp", "app/window/settings.h"},
      {"app/serve/a.cpp", "app/cli/options.h"},
      {"app/window/a.cpp", "engine/engine.h"},
      {"app/window/a.cpp", "app/experiment.h"},
      {"views/a.cpp", "theme.h"},
      {"views/a.cpp", "tests/views/timeline_from.h"},
  };
  for (const auto& [path, header] : cases) {
    EXPECT_THAT(check(path, "#include \"" + header + "\"\n"), testing::SizeIs(1))
        << path << " includes " << header;
  }
}

TEST(IncludeRules, StopsLibrariesThatAreNotAllowed) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"profiling/records/a.h", "nlohmann/json.hpp"},
      {"profiling/a.cpp", "ATen/core/Tensor.h"},
      {"profiling/a.cpp", "QString"},
      {"engine/engine.h", "ATen/core/Tensor.h"},
      {"engine/text/a.cpp", "ATen/core/Tensor.h"},
      {"engine/a.cpp", "sqlite3.h"},
      {"engine/a.cpp", "QString"},
      {"storage/session_store.h", "sqlite3.h"},
      {"storage/a.cpp", "nlohmann/json.hpp"},
      {"views/plot.h", "qcustomplot.h"},
      {"views/a.cpp", "nlohmann/json.hpp"},
      {"app/experiment.cpp", "ATen/core/Tensor.h"},
      {"app/cli/a.cpp", "QString"},
      {"app/cli/options.h", "yaml-cpp/yaml.h"},
      {"app/experiment.cpp", "CLI/App.hpp"},
      {"engine/checkpoint/a.h", "ATen/core/Tensor.h"},
      {"app/window/a.cpp", "sqlite3.h"},
      {"app/window/a.cpp", "qcustomplot.h"},
      {"app/a.cpp", "boost/any.hpp"},
  };
  for (const auto& [path, header] : cases) {
    EXPECT_THAT(check(path, "#include <" + header + ">\n"), testing::SizeIs(1))
        << path << " includes " << header;
  }
}

TEST(IncludeRules, StopsAFolderThatTheTableDoesNotKnow) {
  EXPECT_THAT(check("shared/a.cpp", ""), ElementsAre(HasSubstr("no rule")));
}

}  // namespace
}  // namespace xkv::architecture
