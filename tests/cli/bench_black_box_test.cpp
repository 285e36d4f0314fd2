// SPDX-License-Identifier: Apache-2.0
/// make-model and bench as a user types them, at small sizes.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/demo_model_test.h"

namespace xkv::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class BenchBlackBox : public DemoModelTest {
 protected:
  Finished makeModel(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"make-model",    "--like", "custom", "--layers",
                                   "4",             "--out",  path("random"), "--hidden-size",
                                   "64",            "--intermediate-size", "96", "--num-heads",
                                   "4",             "--num-kv-heads", "2", "--vocab-size", "100"};
    words.insert(words.end(), more.begin(), more.end());
    return xkv(dir, words);
  }
};

TEST_F(BenchBlackBox, ARandomModelRunsAndEverythingSaysThatItIsRandom) {
  const Finished made = makeModel();
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("it has no tokenizer, so prompts are given by --prompt-ids"));
  EXPECT_EQ(made.out, "");
  const Finished info = xkv(dir, {"info", path("random"), "--tokens", "64"});
  EXPECT_THAT(info.out, HasSubstr("random: what this model says means nothing"));
  const Finished ran = run({"--prompt-ids", "5,7,9,11,13,15,17,19", "--max-new-tokens", "4", "--session",
                            path("s.xkv")},
                           path("random"));
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("random (random weights)"));
  EXPECT_THAT(xkv(dir, {"show", path("s.xkv")}).out, HasSubstr("(random weights)"));
  const Finished shown = xkv(dir, {"show", path("s.xkv"), "--run", "1"});
  EXPECT_THAT(shown.out, HasSubstr("(random weights)"));
  const json whole = json::parse(xkv(dir, {"show", path("s.xkv"), "--run", "1", "--json"}).out);
  EXPECT_EQ(whole["started"]["model"]["random_weights"], true);
  // Activations stayed finite: every chosen token has a probability.
  for (const json& token : whole["tokens"])
    EXPECT_GT(token["choice"]["probability"].get<double>(), 0);
}

TEST_F(BenchBlackBox, ADuelSaysThatTheWeightsAreRandom) {
  ASSERT_EQ(makeModel().exit_code, 0);
  const Finished duel = xkv(dir, {"duel", "--model", path("random"), "--prompt-ids",
                                  "5,7,9,11,13,15,17,19,21,23", "--ratio", "1.5",
                                  "--max-new-tokens", "2"});
  ASSERT_EQ(duel.exit_code, 0) << duel.err;
  EXPECT_THAT(duel.out, HasSubstr("random weights"));
}

TEST_F(BenchBlackBox, AFolderWithFilesAndSizesThatDoNotFitAreRefused) {
  ASSERT_EQ(makeModel().exit_code, 0);
  const Finished again = makeModel();
  expectRefusal(again);
  EXPECT_THAT(again.err, HasSubstr("holds files already"));
  std::filesystem::remove_all(path("random"));
  const Finished heads = makeModel({"--head-dim", "7"});
  expectRefusal(heads);
  EXPECT_FALSE(std::filesystem::exists(path("random")));
  EXPECT_EQ(xkv(dir, {"make-model", "--like", "custom", "--out", path("random")}).exit_code, 2);
}

TEST_F(BenchBlackBox, CtrlCTakesAwayAHalfWrittenModel) {
  ChildProcess child(dir, {"make-model", "--like", "llama-8b", "--layers", "1", "--out",
                           path("random")});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto begun = [&] {
    if (!std::filesystem::exists(path("random"))) return false;
    const std::filesystem::directory_iterator files(path("random"));
    return std::distance(begin(files), end(files)) > 1;
  };
  while (!begun() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(2));
  child.send(SIGINT);
  const Finished finished = child.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_EQ(finished.err, "xkv: interrupted; what was written is removed again\n");
  EXPECT_FALSE(std::filesystem::exists(path("random")));
}

TEST_F(BenchBlackBox, EverySubjectIsMeasured) {
  ASSERT_EQ(makeModel().exit_code, 0);
  const Finished engine = xkv(dir, {"bench", "factor", "what-if", "--tokens", "64", "--kv-dim", "16",
                                    "--rank", "8", "--repeat", "2", "--json"});
  ASSERT_EQ(engine.exit_code, 0) << engine.err;
  const json tables = json::parse(engine.out)["tables"];
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0]["rows"].size(), 6U);
  EXPECT_EQ(tables[0]["rows"][0]["samples_ns"].size(), 2U);
  const Finished attention =
      xkv(dir, {"bench", "attention", "--tokens", "64", "--num-heads", "4", "--num-kv-heads", "2",
                "--head-dim", "16", "--rank-k", "8", "--rank-v", "12", "--repeat", "1"});
  EXPECT_EQ(attention.exit_code, 0) << attention.err;
  EXPECT_THAT(attention.out, HasSubstr("over best of LibTorch"));
  const Finished model = xkv(dir, {"bench", "prefill", "decode", "analysis", "--model",
                                   path("random"), "--tokens", "32", "--repeat", "1"});
  EXPECT_EQ(model.exit_code, 0) << model.err;
  for (const char* part : {"prefill, measured", "decode, measured", "analysis, measured",
                           "random weights", "tokens per second", "share of prefill"})
    EXPECT_THAT(model.out, HasSubstr(part));
}

TEST_F(BenchBlackBox, WhatCannotBeMeasuredIsOneSentence) {
  const Finished rank = xkv(dir, {"bench", "factor", "--tokens", "64", "--rank", "65"});
  expectRefusal(rank);
  EXPECT_THAT(rank.err, HasSubstr("rank 65 is above 64"));
  expectRefusal(xkv(dir, {"bench", "decode", "--model", path("none")}));
  EXPECT_EQ(xkv(dir, {"bench", "speed"}).exit_code, 2);
  EXPECT_EQ(xkv(dir, {"bench", "decode", "--scheme", "x", "--model", kDemoModel, "--tokens", "8"})
                .exit_code,
            2);
}

TEST_F(BenchBlackBox, CtrlCShowsWhatIsFinished) {
  ChildProcess child(dir, {"bench", "what-if", "--repeat", "1000000", "--json"});
  std::this_thread::sleep_for(std::chrono::seconds(2));
  child.send(SIGINT);
  const Finished finished = child.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  const json table = json::parse(finished.out)["tables"][0];
  EXPECT_EQ(table["complete"], false);
  EXPECT_GT(table["rows"][0]["samples_ns"].size(), 0U);
}

}  // namespace
}  // namespace xkv::testing
