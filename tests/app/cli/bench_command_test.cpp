// SPDX-License-Identifier: Apache-2.0
/// `xkv bench` and `xkv make-model` over services of a few lines: what they ask for, print and return.
#include <gmock/gmock.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "app/cli/bench_report.h"
#include "tests/app/cli/program_under_test.h"

namespace xkv::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

BenchTable twoRows(const std::string& subject) {
  BenchTable table;
  table.subject = subject;
  table.sizes = {{"seq_len", 64}};
  table.dtype = "bf16";
  table.device = "CPU, 2 threads";
  table.rows = {{.scheme = "ours",
                 .is_rival = false,
                 .samples_ns = {4'000'000, 2'000'000, 3'000'000},
                 .figures = {{"error", 0.25}, {"resident_bytes", 2048}}},
                {.scheme = "theirs",
                 .is_rival = true,
                 .samples_ns = {9'000'000},
                 .figures = {{"share_of_prefill", 0.5}}}};
  table.references = {{"theirs", {"theirs"}}};
  table.notes = {"made up"};
  return table;
}

TEST(BenchReport, IsATableOfMediansSpreadsAndRatios) {
  const std::string text = benchText(twoRows("factor"));
  EXPECT_THAT(text, HasSubstr("factor, measured on CPU, 2 threads, bf16, seq_len 64\n"));
  EXPECT_THAT(text, HasSubstr("3.00 ms"));
  EXPECT_THAT(text, HasSubstr("2.50 ms - 3.50 ms"));
  EXPECT_THAT(text, HasSubstr("3.00x"));
  EXPECT_THAT(text, HasSubstr("theirs (LibTorch)"));
  EXPECT_THAT(text, HasSubstr("2.0 KiB"));
  EXPECT_THAT(text, HasSubstr("50.00 %"));
  EXPECT_THAT(text, HasSubstr("Note: made up\n"));
  EXPECT_THAT(text, Not(HasSubstr("stopped")));
}

TEST(BenchReport, SaysThatItWasStoppedAndWhatWasNotMeasured) {
  BenchTable table = twoRows("factor");
  table.complete = false;
  table.rows[0].samples_ns.clear();
  table.rows[0].figures.clear();
  EXPECT_THAT(benchText(table), HasSubstr("ours"));
  EXPECT_THAT(benchText(table), HasSubstr("it was stopped"));
  const json row = json::parse(benchJson({table}))["tables"][0]["rows"][0];
  EXPECT_TRUE(row["median_ns"].is_null());
  EXPECT_TRUE(row["speedup_over"].empty());
}

TEST(BenchReport, JsonHoldsEverySample) {
  const json table = json::parse(benchJson({twoRows("factor")}))["tables"][0];
  EXPECT_EQ(table["subject"], "factor");
  EXPECT_EQ(table["sizes"]["seq_len"], 64);
  const json& ours = table["rows"][0];
  EXPECT_EQ(ours["samples_ns"], json({4'000'000, 2'000'000, 3'000'000}));
  EXPECT_EQ(ours["num_samples"], 3);
  EXPECT_EQ(ours["median_ns"], 3e6);
  EXPECT_EQ(ours["lower_quartile_ns"], 2.5e6);
  EXPECT_EQ(ours["upper_quartile_ns"], 3.5e6);
  EXPECT_EQ(ours["speedup_over"]["theirs"], 3.0);
  EXPECT_EQ(ours["error"], 0.25);
  EXPECT_EQ(table["rows"][1]["is_rival"], true);
}

class BenchCommand : public ProgramTest {
 protected:
  BenchCommand() {
    services.bench = [this](const BenchRequest& request, const BenchProgress& progress,
                            std::stop_token) -> Result<BenchTable> {
      progress("ours, warm-up", 0, 2);
      requests.push_back(request);
      return twoRows(std::string(word(request.subject)));
    };
  }
  std::vector<BenchRequest> requests;
};

TEST_F(BenchCommand, MeasuresTheSubjectsInTheirOrder) {
  ASSERT_EQ(xkv({"bench", "what-if", "factor", "--tokens", "99", "--repeat", "3", "--threads", "1"}),
            0)
      << err;
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].subject, BenchSubject::what_if);
  EXPECT_EQ(requests[1].subject, BenchSubject::factor);
  for (const BenchRequest& request : requests) {
    EXPECT_EQ(request.tokens, 99);
    EXPECT_EQ(request.repeat, 3);
    EXPECT_EQ(request.num_threads, 1);
  }
  EXPECT_THAT(out, HasSubstr("what-if, measured"));
  EXPECT_THAT(out, HasSubstr("\nfactor, measured"));
  EXPECT_EQ(err, "");
}

TEST_F(BenchCommand, JsonIsOneObject) {
  ASSERT_EQ(xkv({"bench", "factor", "decode", "--json"}), 0) << err;
  EXPECT_EQ(json::parse(out)["tables"].size(), 2U);
}

TEST_F(BenchCommand, ProgressIsDrawnOnATerminalAndLeavesNoTrace) {
  has_progress = true;
  ASSERT_EQ(xkv({"bench", "factor"}), 0);
  EXPECT_THAT(err, HasSubstr("ours, warm-up"));
  EXPECT_THAT(err, ::testing::EndsWith("\r\033[K"));
  ASSERT_EQ(xkv({"bench", "factor", "--quiet"}), 0);
  EXPECT_EQ(err, "");
}

TEST_F(BenchCommand, WrongUseIsOneSentence) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"bench"}, "subject"},
      {{"bench", "speed"}, "subject is 'speed', one of factor, analysis, prefill"},
      {{"bench", "factor", "factor"}, "factor is named twice"},
      {{"bench", "decode", "--rank", "3"}, "--rank is a size of factor"},
      {{"bench", "factor", "--model", "m"}, "--model is a size of analysis, prefill, decode"},
      {{"bench", "factor", "decode", "--scheme", "x"}, "--scheme needs a single subject"},
      {{"bench", "factor", "--tokens", "0"}, "--tokens is '0'"},
      {{"bench", "factor", "--repeat", "0"}, "--repeat is '0'"},
      {{"bench", "factor", "--rank", "x"}, "--rank is 'x'"}};
  for (const auto& [words, said] : cases) {
    EXPECT_EQ(xkv(words), 2) << said;
    EXPECT_THAT(err, HasSubstr(said));
    EXPECT_EQ(err.find('\n'), err.size() - 1) << err;
    EXPECT_TRUE(requests.empty());
  }
}

TEST_F(BenchCommand, AFailureKeepsTheTablesBeforeIt) {
  services.bench = [](const BenchRequest& request, const BenchProgress&,
                      std::stop_token) -> Result<BenchTable> {
    if (request.subject == BenchSubject::decode)
      return failure(ErrorKind::bad_input, "rank 9 is above 8");
    return twoRows("factor");
  };
  EXPECT_EQ(xkv({"bench", "factor", "decode"}), 6);
  EXPECT_THAT(out, HasSubstr("factor, measured"));
  EXPECT_EQ(err, "xkv: rank 9 is above 8\n");
  EXPECT_EQ(xkv({"bench", "factor", "decode", "--json"}), 6);
  EXPECT_EQ(json::parse(out)["tables"].size(), 1U);
}

TEST_F(BenchCommand, AnInterruptShowsWhatIsFinished) {
  services.bench = [](const BenchRequest&, const BenchProgress&,
                      std::stop_token stop) -> Result<BenchTable> {
    raise(SIGINT);
    while (!stop.stop_requested()) std::this_thread::yield();
    BenchTable table = twoRows("factor");
    table.complete = false;
    return table;
  };
  EXPECT_EQ(xkv({"bench", "factor", "decode"}), 130);
  EXPECT_THAT(out, HasSubstr("it was stopped"));
  EXPECT_THAT(err, HasSubstr("interrupted; what was finished is shown"));
  EXPECT_EQ(xkv({"bench", "factor", "--json"}), 130);
  EXPECT_EQ(json::parse(out)["tables"][0]["complete"], false);
}

class MakeModelCommand : public ProgramTest {
 protected:
  MakeModelCommand() {
    services.make_model = [this](const RandomModelSpec& spec, const WriteProgress& progress,
                                 std::stop_token) -> Result<ModelShape> {
      progress(1 << 20, 4 << 20);
      seen = spec;
      ModelShape shape = tinyShape();
      shape.num_parameters = 123;
      shape.weight_bytes = 246;
      shape.weight_dtype = spec.dtype;
      return shape;
    };
  }
  std::optional<RandomModelSpec> seen;
};

TEST_F(MakeModelCommand, FlagsBecomeTheSpec) {
  ASSERT_EQ(xkv({"make-model", "--like", "qwen2.5-7b", "--layers", "3", "--out", "m", "--dtype",
                 "fp16", "--seed", "9", "--max-shard-bytes", "1000"}),
            0)
      << err;
  EXPECT_EQ(seen->like, ModelLike::qwen2_5_7b);
  EXPECT_EQ(seen->num_layers, 3);
  EXPECT_EQ(seen->out, "m");
  EXPECT_EQ(seen->dtype, Dtype::fp16);
  EXPECT_EQ(seen->seed, 9U);
  EXPECT_EQ(seen->max_shard_bytes, 1000);
  EXPECT_EQ(err,
            "xkv: wrote m: 4 layers like qwen2.5-7b, 123 random weights, 246 B fp16; it has no "
            "tokenizer, so prompts are given by --prompt-ids\n");
}

TEST_F(MakeModelCommand, CustomTakesItsSizes) {
  ASSERT_EQ(xkv({"make-model", "--like", "custom", "--layers", "2", "--out", "m", "--hidden-size",
                 "64", "--intermediate-size", "96", "--num-heads", "8", "--num-kv-heads", "2",
                 "--head-dim", "16", "--vocab-size", "50", "--tie-word-embeddings",
                 "--max-position-embeddings", "77", "--quiet"}),
            0)
      << err;
  EXPECT_EQ(err, "");
  EXPECT_EQ(seen->custom.hidden_size, 64);
  EXPECT_EQ(seen->custom.intermediate_size, 96);
  EXPECT_EQ(seen->custom.num_heads, 8);
  EXPECT_EQ(seen->custom.num_kv_heads, 2);
  EXPECT_EQ(seen->custom.head_dim, 16);
  EXPECT_EQ(seen->custom.vocab_size, 50);
  EXPECT_EQ(seen->custom.max_position_embeddings, 77);
  EXPECT_TRUE(seen->custom.tie_word_embeddings);
}

TEST_F(MakeModelCommand, WrongUseIsOneSentence) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "--like"},
      {{"--like", "gpt", "--out", "m"}, "--like is 'gpt', one of llama-8b|qwen2.5-7b|"},
      {{"--like", "llama-8b"}, "--out"},
      {{"--like", "llama-8b", "--out", "m", "--layers", "0"}, "--layers is '0'"},
      {{"--like", "llama-8b", "--out", "m", "--num-heads", "4"},
       "--num-heads is for --like custom; llama-8b has sizes of its own"},
      {{"--like", "custom", "--out", "m"}, "--like custom needs --layers"},
      {{"--like", "custom", "--out", "m", "--layers", "1"}, "--like custom needs --hidden-size"},
      {{"--like", "custom", "--out", "m", "--layers", "1", "--hidden-size", "0"},
       "--hidden-size is '0'"}};
  for (const auto& [flags, said] : cases) {
    std::vector<std::string> words = {"make-model"};
    words.insert(words.end(), flags.begin(), flags.end());
    EXPECT_EQ(xkv(words), 2) << said;
    EXPECT_THAT(err, HasSubstr(said));
    EXPECT_EQ(err.find('\n'), err.size() - 1) << err;
    EXPECT_FALSE(seen);
  }
}

TEST_F(MakeModelCommand, ProgressIsDrawnOnATerminal) {
  has_progress = true;
  ASSERT_EQ(xkv({"make-model", "--like", "llama-8b", "--out", "m"}), 0);
  EXPECT_THAT(err, HasSubstr("1.0 MiB of 4.0 MiB"));
}

}  // namespace
}  // namespace xkv::cli
