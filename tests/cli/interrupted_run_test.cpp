// SPDX-License-Identifier: Apache-2.0
/// Ctrl-C and kill -9 in a run: the session opens and holds every result that was finished.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/cli/demo_model_test.h"

namespace xkv::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

const std::string kTitle = "Text over the compressed cache\n";

class InterruptedRun : public DemoModelTest {
 protected:
  std::vector<std::string> longRun(const std::string& session, int64_t tokens) const {
    return {"run",
            "--model",
            kDemoModel,
            "--prompt",
            kNeedle,
            "--max-new-tokens",
            std::to_string(tokens),
            "--session",
            session,
            "--analysis",
            "group",
            "--threads",
            "1"};
  }

  json firstRun(const std::string& session) const {
    const Finished shown = xkv(dir, {"show", session, "--run", "1", "--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    return shown.exit_code == 0 ? json::parse(shown.out) : json();
  }

  static void waitForFile(const std::string& file) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (!std::filesystem::exists(file) && steady_clock::now() < deadline)
      std::this_thread::sleep_for(milliseconds(1));
  }

  /// Waits until the child has begun to write its text.
  static bool waitForText(const ChildProcess& child) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (child.outSoFar().find(kTitle) == std::string::npos) {
      if (steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
};

std::string textOf(const json& run) {
  std::string text;
  for (const json& token : run["tokens"]) text += token["text_piece"].get<std::string>();
  return text;
}

/// What the child had printed of the text when it ended.
std::string printedText(const std::string& out) {
  const size_t at = out.find(kTitle);
  if (at == std::string::npos) return "";
  const size_t end = out.find('\n', at + kTitle.size());
  return out.substr(at + kTitle.size(), end == std::string::npos ? end : end - at - kTitle.size());
}

TEST_F(InterruptedRun, CtrlCStopsKeepsAndSaysHowToRunAgain) {
  ChildProcess child(dir, longRun(path("s.xkv"), 1500));
  ASSERT_TRUE(waitForText(child)) << child.wait(std::chrono::seconds(0)).err;
  child.send(SIGINT);
  const Finished finished = child.wait();
  ASSERT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("stopping at the next safe point"));
  EXPECT_THAT(finished.err, HasSubstr("to run it again: xkv run --model"));
  const json run = firstRun(path("s.xkv"));
  EXPECT_EQ(run["finished"]["status"], "cancelled");
  EXPECT_THAT(textOf(run), ::testing::StartsWith(printedText(finished.out)));
  EXPECT_FALSE(std::filesystem::exists(path("s.xkv-wal")));
}

TEST_F(InterruptedRun, KillAtRandomMomentsLosesNothingThatWasFinished) {
  const auto begin = steady_clock::now();
  ASSERT_EQ(xkv(dir, longRun(path("whole.xkv"), 60)).exit_code, 0);
  const auto whole = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin).count();
  std::mt19937_64 random(20260101);
  int opened = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string session = path("s" + std::to_string(round) + ".xkv");
    const auto delay = static_cast<int64_t>(random() % static_cast<uint64_t>(whole + 1));
    ChildProcess child(dir, longRun(session, 60));
    // Half of the kills count from the moment the session is there, however slow the machine
    // starts.
    if (round % 2 == 1) waitForFile(session);
    std::this_thread::sleep_for(milliseconds(delay));
    child.send(SIGKILL);
    const std::string printed = printedText(child.wait().out);
    if (!std::filesystem::exists(session)) {
      EXPECT_EQ(printed, "") << "killed after " << delay << " ms";
      continue;
    }
    const Finished listed = xkv(dir, {"show", session, "--json"});
    ASSERT_EQ(listed.exit_code, 0) << listed.err << "killed after " << delay << " ms";
    ++opened;
    if (json::parse(listed.out).empty()) {
      EXPECT_EQ(printed, "");
      continue;
    }
    EXPECT_THAT(textOf(firstRun(session)), ::testing::StartsWith(printed))
        << "after " << delay << " ms";
  }
  EXPECT_GE(opened, 10) << "kills that counted from the session's first moment found none";
}

}  // namespace
}  // namespace xkv::testing
