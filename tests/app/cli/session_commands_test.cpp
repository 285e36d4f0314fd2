// SPDX-License-Identifier: Apache-2.0
/// `xkv show`, `xkv export`, `xkv session` and `xkv info`: what they print, change and refuse.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/app/cli/program_under_test.h"

namespace xkv::cli {
namespace {

using ::testing::HasSubstr;

class SessionCommands : public ProgramTest {
 protected:
  void SetUp() override {
    session = path("s.xkv");
    ASSERT_EQ(xkv({"run", "--model", "m", "--prompt", "first", "--session", session}), 0) << err;
    ASSERT_EQ(xkv({"run", "--model", "m", "--prompt", "second", "--session", session}), 0) << err;
  }
  std::string session;
};

TEST_F(SessionCommands, ShowListsTheRuns) {
  ASSERT_EQ(xkv({"show", session}), 0);
  EXPECT_THAT(out, HasSubstr("finished"));
  EXPECT_THAT(out, HasSubstr("5.25x"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 3);
  ASSERT_EQ(xkv({"show", session, "--json"}), 0);
  const auto runs = nlohmann::json::parse(out);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[1]["spec"]["prompt"], "second");
}

TEST_F(SessionCommands, ShowOneRun) {
  ASSERT_EQ(xkv({"show", session, "--run", "2"}), 0);
  for (const char* part :
       {"Run 2, 2026-01-01T00:00:00Z, finished", "tiny: llama", "hello\\x1b[31m", "12.50 %"})
    EXPECT_THAT(out, HasSubstr(part));
  ASSERT_EQ(xkv({"show", session, "--run", "2", "--json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(out)["run_id"], 2);
  EXPECT_EQ(xkv({"show", session, "--run", "3"}), 6);
  EXPECT_THAT(err, HasSubstr("3"));
}

TEST_F(SessionCommands, NoSessionIsRefused) {
  EXPECT_EQ(xkv({"show", path("none.xkv")}), 6);
  EXPECT_THAT(err, HasSubstr("none.xkv"));
  EXPECT_FALSE(std::filesystem::exists(path("none.xkv")));
  EXPECT_EQ(xkv({"show", dir}), 6);
  EXPECT_EQ(xkv({"session", "remove", path("none.xkv"), "--run", "1"}), 6);
  EXPECT_EQ(xkv({"export", write("text.xkv", "text"), "--csv", path("csv")}), 6);
  EXPECT_EQ(read(path("text.xkv")), "text");
}

TEST_F(SessionCommands, TitlesNotesAndTags) {
  EXPECT_EQ(xkv({"session", "title", session, "--run", "1", "base line"}), 0);
  EXPECT_EQ(xkv({"session", "note", session, "--run", "1", "as it was"}), 0);
  EXPECT_EQ(xkv({"session", "tag", session, "--run", "1", "a", "b"}), 0);
  ASSERT_EQ(xkv({"show", session, "--run", "1"}), 0);
  for (const char* part : {"Title: base line", "Tags: a, b", "Notes: as it was"})
    EXPECT_THAT(out, HasSubstr(part));
  EXPECT_EQ(xkv({"session", "tag", session, "--run", "1"}), 0);
  ASSERT_EQ(xkv({"session", "list", session}), 0);
  EXPECT_THAT(out, HasSubstr("base line"));
  EXPECT_THAT(out, ::testing::Not(HasSubstr("a, b")));
  EXPECT_EQ(xkv({"session", "note", session, "--run", "9", "x"}), 6);
}

TEST_F(SessionCommands, RemoveAndCopy) {
  EXPECT_EQ(xkv({"session", "copy", session, path("copy.xkv")}), 0) << err;
  EXPECT_EQ(xkv({"session", "copy", session, path("copy.xkv")}), 6);
  EXPECT_EQ(xkv({"session", "remove", session, "--run", "1"}), 0);
  EXPECT_EQ(xkv({"show", session, "--run", "1"}), 6);
  EXPECT_EQ(xkv({"show", path("copy.xkv"), "--run", "1"}), 0);
}

TEST_F(SessionCommands, Export) {
  ASSERT_EQ(xkv({"export", session, "--csv", path("a/b")}), 0) << err;
  EXPECT_THAT(err, HasSubstr("that is run 2, the last of 2"));
  EXPECT_THAT(err, HasSubstr("wrote " + path("a/b/reconstruction.csv")));
  EXPECT_THAT(read(path("a/b/tokens.csv")), HasSubstr("xkv,0,7,b,"));
  ASSERT_EQ(xkv({"export", session, "--run", "1", "--json", path("run.json")}), 0);
  EXPECT_EQ(nlohmann::json::parse(read(path("run.json")))["run_id"], 1);
  ASSERT_EQ(xkv({"export", session, "--run", "1", "--json", "-"}), 0);
  EXPECT_EQ(nlohmann::json::parse(out)["run_id"], 1);
  EXPECT_EQ(xkv({"export", session, "--json", path("no/such/folder.json")}), 1);
  EXPECT_EQ(xkv({"export", session, "--csv", write("file", "")}), 1);
}

TEST_F(SessionCommands, Info) {
  ASSERT_EQ(xkv({"info", "m", "--tokens", "100", "--rank-k", "2", "--rank-v", "3"}), 0) << err;
  // 2 streams x 4 layers x 100 tokens x 4 wide x 2 bytes; A (100 x 5) and B (5 x 16) x 2 bytes.
  EXPECT_THAT(out, HasSubstr("6.2 KiB"));
  EXPECT_THAT(out, HasSubstr("1.1 KiB, 5.52x published"));
  ASSERT_EQ(xkv({"info", "m", "--tokens", "100", "--rank-k", "2", "--rank-v", "3", "--json"}), 0);
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json["cache"]["dense_bytes"], 6400);
  EXPECT_EQ(json["cache"]["factor_bytes"], 1160);
  EXPECT_EQ(json["model"]["num_layers"], 4);
  EXPECT_EQ(xkv({"info", "m", "--rank-k", "17"}), 6);
  EXPECT_THAT(err, HasSubstr("17"));
  ASSERT_EQ(xkv({"info", "m", "--method", "dense"}), 0);
}

}  // namespace
}  // namespace xkv::cli
