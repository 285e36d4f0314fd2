// SPDX-License-Identifier: Apache-2.0
/// `xkv capture` then `xkv analyse`, and `xkv duel`, with the real program on the demo model.
#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/cli/demo_model_test.h"

namespace xkv::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class AnalyseBlackBox : public DemoModelTest {
 protected:
  std::string captured() const {
    const Finished done = xkv(dir, {"capture", "--model", kDemoModel, "--prompt", kNeedle,
                                    "--dtype", "fp32", "--out", path("c.safetensors")});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return path("c.safetensors");
  }
};

TEST_F(AnalyseBlackBox, ACaptureGivesTheErrorsOfTheRun) {
  const std::string cache = captured();
  const std::string before = contentOf(cache);
  const Finished analysed = xkv(dir, {"analyse", cache, "--rank-k", "20", "--rank-v", "30",
                                      "--session", path("s.xkv"), "--json"});
  ASSERT_EQ(analysed.exit_code, 0) << analysed.err;
  const json ours = json::parse(analysed.out);
  const Finished ran = run({"--prompt", kNeedle, "--rank-k", "20", "--rank-v", "30", "--dtype",
                            "fp32", "--max-new-tokens", "0", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json theirs = json::parse(ran.out);
  for (const char* part : {"cka", "spectra", "reconstructions"}) {
    EXPECT_FALSE(ours[part].empty()) << part;
    EXPECT_EQ(ours[part], theirs[part]) << part;
  }
  EXPECT_EQ(ours["started"]["prompt_tokens"], theirs["started"]["prompt_tokens"]);
  EXPECT_EQ(contentOf(cache), before);
  const Finished shown = xkv(dir, {"show", path("s.xkv"), "--run", "1"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("there is no model, so tokens, texts, KL and latency"));
  EXPECT_THAT(shown.out, Not(HasSubstr("Text over")));
  const Finished csv = xkv(dir, {"export", path("s.xkv"), "--csv", path("csv")});
  EXPECT_EQ(csv.exit_code, 0) << csv.err;
}

TEST_F(AnalyseBlackBox, BadFilesAreRefused) {
  expectRefusal(xkv(dir, {"analyse", path("none.safetensors")}));
  expectRefusal(xkv(dir, {"analyse", dir}));
  expectRefusal(xkv(dir, {"analyse", write("empty.safetensors", "")}));
  expectRefusal(xkv(dir, {"analyse", kDemoModel + "/model.safetensors"}));
  const std::string whole = contentOf(captured());
  for (const size_t cut : {size_t{7}, size_t{100}, whole.size() / 2, whole.size() - 1})
    expectRefusal(xkv(dir, {"analyse", write("cut.safetensors", whole.substr(0, cut))}));
  expectRefusal(xkv(dir, {"analyse", captured(), "--rank-k", "100000"}));
}

TEST_F(AnalyseBlackBox, ADuelTagsARunOfEachMethod) {
  const Finished duel = xkv(dir, {"duel", "--model", kDemoModel, "--prompt", kNeedle, "--ratio",
                                  "2", "--max-new-tokens", "5", "--session", path("d.xkv")});
  ASSERT_EQ(duel.exit_code, 0) << duel.err;
  for (const char* name : {"dense", "Single SVD", "xKV-2", "xKV-4", "xKV-8", "keys only"})
    EXPECT_THAT(duel.out, HasSubstr(std::string("\n") + name));
  const Finished listed = xkv(dir, {"show", path("d.xkv"), "--json"});
  const json runs = json::parse(listed.out);
  EXPECT_GE(runs.size(), 7U);
  for (const json& one : runs) {
    EXPECT_EQ(one["tags"], json::array({"duel"}));
    EXPECT_EQ(one["status"], "finished");
  }
}

TEST_F(AnalyseBlackBox, ADuelHoldsTheBytes) {
  const Finished duel = xkv(dir, {"duel", "--model", kDemoModel, "--prompt", kNeedle, "--bytes",
                                  "20000", "--max-new-tokens", "2", "--json"});
  ASSERT_EQ(duel.exit_code, 0) << duel.err;
  int held = 0;
  for (const json& one : json::parse(duel.out)) {
    const json& how = one["started"]["spec"]["compression"];
    if (how["method"] != "xkv" || how["merge_key"] != how["merge_value"]) continue;
    EXPECT_LE(one["memory"]["factor_bytes"].get<int64_t>(), 20000);
    EXPECT_GT(one["memory"]["factor_bytes"].get<int64_t>(), 17000);
    ++held;
  }
  EXPECT_EQ(held, 6) << "four group sizes, and two widths of codes";
}

TEST_F(AnalyseBlackBox, ADuelNeedsOneTarget) {
  const std::vector<std::string> words = {"duel", "--model", kDemoModel, "--prompt", "x"};
  EXPECT_EQ(xkv(dir, words).exit_code, 2);
}

}  // namespace
}  // namespace xkv::testing
