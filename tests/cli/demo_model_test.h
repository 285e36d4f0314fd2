// SPDX-License-Identifier: Apache-2.0
/// A folder of its own for each test, and copies of the demo model to break.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/cli/child_process.h"

namespace xkv::testing {

inline const std::string kDemoModel = XKV_SOURCE_DIR "/resources/demo-model";
inline const std::string kNeedle =
    "<bos> the code of apple is 4 7 1 2 . the grass is green . the sky is blue . "
    "Q : what is the code of apple ? A : apple";

class DemoModelTest : public ::testing::Test {
 protected:
  DemoModelTest() {
    std::string name = "/tmp/xkv-black-box-XXXXXX";
    dir = mkdtemp(name.data());
  }
  ~DemoModelTest() override { std::filesystem::remove_all(dir); }

  std::string path(const std::string& name) const { return dir + "/" + name; }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  std::string copyOfModel() const {
    std::filesystem::copy(kDemoModel, path("model"));
    return path("model");
  }

  Finished run(const std::vector<std::string>& more, const std::string& model = kDemoModel) const {
    std::vector<std::string> words = {"run", "--model", model};
    words.insert(words.end(), more.begin(), more.end());
    return xkv(dir, words);
  }

  std::string dir;
};

/// Exit code 6 and one line on standard error.
inline void expectRefusal(const Finished& finished) {
  EXPECT_EQ(finished.exit_code, 6) << finished.err;
  EXPECT_EQ(finished.err.rfind("xkv: ", 0), 0U) << finished.err;
  EXPECT_EQ(finished.err.find('\n'), finished.err.size() - 1) << finished.err;
}

}  // namespace xkv::testing
