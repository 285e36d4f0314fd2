// SPDX-License-Identifier: Apache-2.0
/// `xkv run` over an engine of a few lines: what it asks for, prints and stores, and how it ends.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "storage/session_store.h"
#include "tests/app/cli/program_under_test.h"

namespace xkv::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RunCommand : public ProgramTest {
 protected:
  int run(const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"run", "--model", "m"};
    words.insert(words.end(), flags.begin(), flags.end());
    return xkv(words);
  }
};

TEST_F(RunCommand, FlagsBecomeTheSpec) {
  ASSERT_EQ(run({"--prompt", "hi", "--rank-k", "3", "--dtype", "fp32", "--merge-value", "--seed",
                 "9", "--stop", "x", "--threads", "2"}),
            0);
  EXPECT_EQ(spec_seen.model_dir, "m");
  EXPECT_EQ(spec_seen.prompt, "hi");
  EXPECT_EQ(spec_seen.compression.rank_k, 3);
  EXPECT_FALSE(spec_seen.compression.merge_key);
  EXPECT_EQ(spec_seen.dtype, Dtype::fp32);
  EXPECT_EQ(spec_seen.sampling.seed, 9U);
  EXPECT_EQ(spec_seen.stop, (std::vector<std::string>{"x"}));
  EXPECT_EQ(spec_seen.num_threads, 2);
  EXPECT_EQ(spec_seen.analysis, AnalysisScope::all);
}

TEST_F(RunCommand, PromptsFromFilesAndStandardInput) {
  ASSERT_EQ(run({"--prompt", "@" + write("needle.txt", "in a file\n\n")}), 0);
  EXPECT_EQ(spec_seen.prompt, "in a file\n");
  EXPECT_EQ(spec_seen.prompt_name, "needle");
  input = "from a pipe\r\n";
  ASSERT_EQ(run({"--prompt", "-"}), 0);
  EXPECT_EQ(spec_seen.prompt, "from a pipe");
  ASSERT_EQ(run({"--prompt", "@@home"}), 0);
  EXPECT_EQ(spec_seen.prompt, "@home");
  ASSERT_EQ(run({"--prompt-ids", "5, 7,9"}), 0);
  EXPECT_EQ(spec_seen.prompt_ids, (std::vector<int64_t>{5, 7, 9}));
  ASSERT_EQ(run({"--prompt-ids", "@" + write("ids.json", " [5,\n 7 , 9]\n")}), 0);
  EXPECT_EQ(spec_seen.prompt_ids, (std::vector<int64_t>{5, 7, 9}));
}

TEST_F(RunCommand, WrongPromptsAreRefusedByName) {
  EXPECT_EQ(run({"--prompt", "@" + path("none.txt")}), 6);
  EXPECT_THAT(err, HasSubstr("none.txt cannot be opened: No such file"));
  EXPECT_EQ(run({"--prompt", "@" + dir}), 6);
  EXPECT_THAT(err, HasSubstr("is a folder"));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(run({"--prompt", "@" + path("pipe")}), 6);
  EXPECT_THAT(err, HasSubstr("no regular file"));
  ASSERT_EQ(symlink(path("loop").c_str(), path("loop").c_str()), 0);
  EXPECT_EQ(run({"--prompt", "@" + path("loop")}), 6);
  EXPECT_EQ(run({"--prompt", "@" + write("empty.txt", "")}), 6);
  EXPECT_THAT(err, HasSubstr("empty.txt is empty"));
  EXPECT_EQ(run({"--prompt", ""}), 6);
  EXPECT_EQ(run({"--prompt", "-"}), 6);
  EXPECT_THAT(err, HasSubstr("standard input is empty"));
  std::filesystem::resize_file(write("huge.txt", "x"), (65LL << 20));
  EXPECT_EQ(run({"--prompt", "@" + path("huge.txt")}), 6);
  EXPECT_THAT(err, HasSubstr("67108864 bytes"));
}

TEST_F(RunCommand, WrongIdsAreRefusedWithTheirPlace) {
  EXPECT_EQ(run({"--prompt-ids", "5,x"}), 2);
  EXPECT_THAT(err, HasSubstr("--prompt-ids: byte 2 has 'x'"));
  for (const char* wrong : {"5,", "5;6", "", "-5", "1.5", "99999999999999999999"})
    EXPECT_EQ(run({"--prompt-ids", wrong}), 2) << wrong;
  for (const char* wrong :
       {"", "[", "[5", "[5,]", "5,7", "[[5]]", "{\"a\":1}", "[5] x", "[]", "[-1]", "[1e3]"})
    EXPECT_EQ(run({"--prompt-ids", "@" + write("ids.json", wrong)}), 6) << wrong;
  EXPECT_EQ(run({"--prompt-ids", "@" + write("deep.json", std::string(1'000'000, '['))}), 6);
  EXPECT_LT(err.size(), 300U);
}

TEST_F(RunCommand, LongPromptsAreAnalysedByGroup) {
  std::string ids = "1";
  for (int64_t i = 1; i < kAnalyseAllTokens; ++i) ids += ",1";
  ASSERT_EQ(run({"--prompt-ids", ids}), 0);
  EXPECT_EQ(spec_seen.analysis, AnalysisScope::all);
  ASSERT_EQ(run({"--prompt-ids", ids + ",1"}), 0);
  EXPECT_EQ(spec_seen.analysis, AnalysisScope::group);
  EXPECT_THAT(err, HasSubstr("16385 tokens"));
  ASSERT_EQ(run({"--prompt-ids", ids + ",1", "--analysis", "all"}), 0);
  EXPECT_EQ(spec_seen.analysis, AnalysisScope::all);
}

TEST_F(RunCommand, TextForPeople) {
  ASSERT_EQ(run({"--prompt", "p"}), 0);
  for (const char* part :
       {"tiny: llama, 4 layers", "Prompt of 3 tokens", "rank_k 9 is above seq_len 3", "12.50 %",
        "50.00 %", "5.25x published", "with landmarks (predicted)",
        "KL 1.0000 nat mean, 1.5000 largest; top-1 agrees in 1 of 2 steps",
        "differ from token 1 on", "4.00 ms (n=3)", "hello\\x1b[31m"})
    EXPECT_THAT(out, HasSubstr(part));
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  EXPECT_EQ(err, "");
}

TEST_F(RunCommand, JsonIsOneObjectOfTheWholeRun) {
  ASSERT_EQ(run({"--prompt", "p", "--json"}), 0);
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json["started"]["model"]["name"], "tiny");
  EXPECT_EQ(json["reconstructions"].size(), 1U);
  EXPECT_EQ(json["finished"]["status"], "finished");
}

TEST_F(RunCommand, ResultsAreStoredAsTheyCome) {
  const std::string session = path("s.xkv");
  services.run = [&](const RunSpec& spec, RunObserver& observer, std::stop_token) -> Status {
    auto records = recordsOf(spec);
    records.resize(5);
    const Status emitted = emitAll(records, observer);
    EXPECT_TRUE(emitted);
    const auto store = storage::SessionStore::openReadOnly(session);
    if (!store) return Failure(store.error());
    const auto run = store->load(1);
    if (!run) return Failure(run.error());
    EXPECT_EQ(run->reconstructions.size(), 1U);
    EXPECT_EQ(run->tokens.size(), 1U);
    return failure(ErrorKind::out_of_memory, "no memory for 12 bytes");
  };
  EXPECT_EQ(run({"--prompt", "p", "--session", session}), 5);
  EXPECT_EQ(err, "xkv: no memory for 12 bytes\n");
  EXPECT_EQ(xkv({"show", session, "--run", "1"}), 0) << err;
}

TEST_F(RunCommand, RunsOfASessionAreAppended) {
  const std::string session = path("s.xkv");
  ASSERT_EQ(run({"--prompt", "p", "--session", session}), 0);
  ASSERT_EQ(run({"--prompt", "q", "--session", session}), 0);
  const auto store = storage::SessionStore::openReadOnly(session);
  ASSERT_TRUE(store) << store.error().message;
  const auto runs = store->list();
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ(runs->at(1).spec.prompt, "q");
}

TEST_F(RunCommand, AWrongSessionIsRefusedBeforeTheRun) {
  bool ran = false;
  services.run = [&](const RunSpec&, RunObserver&, std::stop_token) {
    ran = true;
    return Status{};
  };
  EXPECT_EQ(run({"--prompt", "p", "--session", write("s.xkv", "no session")}), 6);
  EXPECT_THAT(err, HasSubstr("s.xkv"));
  EXPECT_FALSE(ran);
}

TEST_F(RunCommand, FailuresOfTheEngineKeepTheirSentenceAndCode) {
  for (const ErrorKind kind : {ErrorKind::failure, ErrorKind::no_device, ErrorKind::out_of_memory,
                               ErrorKind::bad_input, ErrorKind::try_again}) {
    services.run = [&](const RunSpec&, RunObserver&, std::stop_token) -> Status {
      return failure(kind, "why \x1b[31m not");
    };
    EXPECT_EQ(run({"--prompt", "p"}), exitCode(kind));
    EXPECT_EQ(err, "xkv: why \\x1b[31m not\n");
  }
}

TEST_F(RunCommand, ConfigFileBelowFlags) {
  const std::string yaml =
      write("c.yaml",
            "xKV_config:\n  num_layers: 4\n  layer_merge_impl: svd\n  rank_k: 2\n"
            "  rank_v: 3\n  merge_key: true\n  merge_value: true\n  layer_groups:\n"
            "    - layers: [0, 1]\n    - layers: [2, 3]\n");
  ASSERT_EQ(run({"--prompt", "p", "--config", yaml, "--rank-v", "5", "--factor-backend", "exact"}),
            0)
      << err;
  EXPECT_EQ(spec_seen.compression.rank_k, 2);
  EXPECT_EQ(spec_seen.compression.rank_v, 5);
  EXPECT_EQ(spec_seen.compression.layer_groups.size(), 2U);
  EXPECT_EQ(spec_seen.compression.factor_backend, FactorBackend::exact);
  EXPECT_EQ(run({"--prompt", "p", "--config", path("none.yaml")}), 6);
  EXPECT_EQ(run({"--prompt", "p", "--config", write("d.yaml", "xKV_config: {nonsense: 1}\n")}), 6);
  EXPECT_THAT(err, HasSubstr("nonsense"));
}

TEST_F(RunCommand, FlagsThatDenseDoesNotUseAreSaid) {
  ASSERT_EQ(run({"--prompt", "p", "--method", "dense", "--rank-k", "3"}), 0);
  EXPECT_THAT(err, HasSubstr("--rank-k"));
  ASSERT_EQ(run({"--prompt", "p", "--method", "dense", "--rank-k", "3", "--quiet"}), 0);
  EXPECT_EQ(err, "");
}

TEST_F(RunCommand, ProgressOnATerminalOnly) {
  ASSERT_EQ(run({"--prompt", "p"}), 0);
  EXPECT_THAT(err, Not(HasSubstr("decode")));
  has_progress = true;
  ASSERT_EQ(run({"--prompt", "p"}), 0);
  EXPECT_THAT(err, HasSubstr("[##########..........] decode"));
  EXPECT_THAT(err, ::testing::EndsWith("\r\033[K"));
  ASSERT_EQ(run({"--prompt", "p", "--quiet"}), 0);
  EXPECT_EQ(err, "");
}

TEST_F(RunCommand, AFullDiskBehindStandardOutputIsAFailure) {
  out_status =
      failure(ErrorKind::failure, "standard output cannot be written: No space left on device");
  EXPECT_EQ(run({"--prompt", "p"}), 1);
  EXPECT_EQ(err, "xkv: standard output cannot be written: No space left on device\n");
  EXPECT_EQ(run({"--prompt", "p", "--json"}), 1);
}

TEST_F(RunCommand, AReaderThatHasGoneEndsTheRunQuietly) {
  out_status = failure(ErrorKind::failure, kReaderHasGone);
  EXPECT_EQ(run({"--prompt", "p"}), 1);
  EXPECT_EQ(err, "");
}

TEST_F(RunCommand, TheFirstInterruptStopsAndSaysHowToGoOn) {
  services.run = [](const RunSpec& spec, RunObserver& observer, std::stop_token stop) -> Status {
    auto records = recordsOf(spec);
    records.resize(2);
    const Status emitted = emitAll(records, observer);
    if (!emitted) return emitted;
    raise(SIGINT);
    for (int i = 0; i < 1000 && !stop.stop_requested(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(stop.stop_requested());
    return failure(ErrorKind::interrupted, "stopped");
  };
  const std::string session = path("s.xkv");
  EXPECT_EQ(run({"--prompt", "two words", "--session", session}), 130);
  EXPECT_THAT(err, HasSubstr("stopping at the next safe point"));
  EXPECT_THAT(err, HasSubstr("1 results are in " + session +
                             ", run 1; to run it again: xkv run --model m "
                             "--prompt 'two words' --session"));
}

TEST_F(RunCommand, TheSecondInterruptEndsTheProcess) {
  services.run = [](const RunSpec&, RunObserver&, std::stop_token) -> Status {
    raise(SIGINT);
    raise(SIGTERM);
    return {};
  };
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(run({"--prompt", "p"}), ::testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace xkv::cli
