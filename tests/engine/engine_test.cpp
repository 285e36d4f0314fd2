// SPDX-License-Identifier: Apache-2.0
/// Runs of a made-up model: what is emitted, what is refused, what is kept when a run ends early.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

using test::RecordList;
using test::TinyModel;
using testing::HasSubstr;

class EngineRun : public testing::Test {
 protected:
  void SetUp() override { test::writeTinyModel(TinyModel{}, folder_.path()); }

  RunSpec spec(int64_t tokens = 30) const {
    RunSpec spec;
    spec.model_dir = folder_.path();
    spec.prompt_ids = test::someIds(tokens, 40);
    spec.dtype = Dtype::fp32;
    spec.max_new_tokens = 6;
    spec.compression.layer_group_size = 2;
    spec.compression.rank_k = 8;
    spec.compression.rank_v = 12;
    return spec;
  }

  static std::string refusal(const RunSpec& spec, ErrorKind kind = ErrorKind::bad_input) {
    RecordList run;
    const Status done = test::runSpec(spec, run);
    if (done) return "accepted";
    EXPECT_EQ(done.error().kind, kind);
    EXPECT_TRUE(run.all<RunStarted>().empty());
    return done.error().message;
  }

  test::TemporaryFolder folder_;
};

/// Weights of which some are no numbers, for a run and for what only analyses.
TEST_F(EngineRun, WeightsThatAreNotFiniteAreRefusedWithTheLayer) {
  const std::string weights = folder_.path() + "/model.safetensors";
  std::ifstream file(weights, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string nan = "\xc0\x7f";  // in bf16
  constexpr size_t kLastLayer = 20000;  // all of it, and some of the one before
  for (size_t at = bytes.size() - kLastLayer; at < bytes.size(); at += 2) bytes.replace(at, 2, nan);
  std::ofstream(weights, std::ios::binary) << bytes;
  for (const Method method : {Method::xkv, Method::dense}) {
    RunSpec broken = spec();
    broken.compression.method = method;
    RecordList run;
    const Status done = test::runSpec(broken, run);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::bad_input);
    EXPECT_THAT(done.error().message, HasSubstr(folder_.path() + ": the "));
    EXPECT_THAT(done.error().message, HasSubstr("of layer "));
    EXPECT_THAT(done.error().message, HasSubstr("hold nan"));
  }
}

TEST_F(EngineRun, EmitsEveryResultInOrder) {
  RecordList run;
  ASSERT_TRUE(test::runSpec(spec(), run));
  ASSERT_EQ(run.all<RunStarted>().size(), 1u);
  EXPECT_EQ(run.all<RunStarted>()[0].plan.size(), 2u);
  EXPECT_EQ(run.all<ReconstructionRecord>().size(), 4u);
  EXPECT_EQ(run.all<SpectrumRecord>().size(), 2u * (3 + 2 + 1));
  EXPECT_EQ(run.all<CkaRecord>().back().num_layers_done, 3);
  EXPECT_EQ(run.all<GenerationRecord>().size(), 2u);
  EXPECT_EQ(run.all<LatencyRecord>().size(), 2u);
  ASSERT_EQ(run.all<DivergenceRecord>().size(), 1u);
  EXPECT_EQ(run.all<DivergenceRecord>()[0].kl.size(), 6u);
  EXPECT_NEAR(run.all<DivergenceRecord>()[0].kl[0], 0, 1e-12);
  EXPECT_TRUE(std::holds_alternative<RunFinished>(run.records.back()));
  EXPECT_EQ(run.all<RunFinished>()[0].status, RunStatus::finished);
  EXPECT_GT(run.all<TimelineRecord>()[0].spans.size(), 20u);
}

TEST_F(EngineRun, LedgerBytesEqualTheFormulaAtOneDtype) {
  RecordList run;
  ASSERT_TRUE(test::runSpec(spec(), run));
  const MemoryRecord memory = run.all<MemoryRecord>()[0];
  EXPECT_EQ(memory.dense_bytes, 2 * 3 * 16 * 30 * 4);
  EXPECT_NEAR(memory.published_ratio,
              static_cast<double>(memory.dense_bytes) / static_cast<double>(memory.factor_bytes),
              1e-9);
  EXPECT_LT(memory.with_landmarks_ratio, memory.published_ratio);
  int64_t analysis = 0;
  for (const MemoryPart& part : memory.parts) {
    if (part.kind == MemoryPartKind::analysis) analysis += part.bytes;
  }
  EXPECT_EQ(analysis, memory.dense_bytes);
}

TEST_F(EngineRun, NoAnalysisKeepsNoRowsAndMeasuresNothing) {
  RunSpec none = spec();
  none.analysis = AnalysisScope::none;
  RecordList run;
  ASSERT_TRUE(test::runSpec(none, run));
  EXPECT_TRUE(run.all<CkaRecord>().empty());
  EXPECT_TRUE(run.all<ReconstructionRecord>().empty());
  EXPECT_TRUE(run.all<DivergenceRecord>().empty());
  const MemoryRecord memory = run.all<MemoryRecord>()[0];
  for (const MemoryPart& part : memory.parts) {
    EXPECT_NE(part.kind, MemoryPartKind::analysis);
    EXPECT_NE(part.kind, MemoryPartKind::dense_layer);
  }
}

TEST_F(EngineRun, GroupAnalysisGivesTheRunsOwnSpectra) {
  RunSpec group = spec();
  group.analysis = AnalysisScope::group;
  RecordList run;
  ASSERT_TRUE(test::runSpec(group, run));
  ASSERT_EQ(run.all<SpectrumRecord>().size(), 4u);
  for (const ReconstructionRecord& real : run.all<ReconstructionRecord>()) {
    for (const SpectrumRecord& exact : run.all<SpectrumRecord>()) {
      if (exact.stream != real.stream || exact.first_layer != real.first_layer) continue;
      EXPECT_NEAR(real.error, exact.group_error[static_cast<size_t>(real.rank)], 1e-5);
    }
  }
}

TEST_F(EngineRun, ChunksOfThePrefillChangeNothing) {
  RecordList whole;
  RecordList pieces;
  RunSpec small = spec();
  small.prefill_chunk = 7;
  ASSERT_TRUE(test::runSpec(spec(), whole));
  ASSERT_TRUE(test::runSpec(small, pieces));
  const auto a = whole.all<TokenRecord>();
  const auto b = pieces.all<TokenRecord>();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].choice.id, b[i].choice.id);
    EXPECT_NEAR(a[i].choice.probability, b[i].choice.probability, 1e-4);
  }
}

// Step by step over the dense cache is the same as one prefill of everything.
TEST_F(EngineRun, PrefillEqualsStepByStep) {
  auto engine = Engine::create(Device::cpu, 2);
  test::NoPhases phases;
  const RecordSink deaf = [](const Record&) -> Status { return {}; };
  ASSERT_TRUE(engine->load(folder_.path(), Dtype::fp32, deaf, phases, {}));
  const std::vector<int64_t> ids = test::someIds(20, 40);
  const auto dumped = [&](size_t prompt, const std::string& name) {
    PrefillRequest request;
    request.ids.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(prompt));
    request.analysis = AnalysisScope::all;
    request.keep_logits = true;
    auto capture = engine->prefill(request, deaf, phases, {});
    Capture::Dump dump{.logits = true, .force_ids = {}};
    dump.force_ids.assign(ids.begin() + static_cast<std::ptrdiff_t>(prompt), ids.end());
    EXPECT_TRUE(capture->writeTo(folder_.path(name), dump, {}));
    return test::readTensors(folder_.path(name));
  };
  const auto whole = dumped(20, "whole.safetensors");
  const auto steps = dumped(8, "steps.safetensors");
  EXPECT_LT(test::worstRelative(steps.at("decode_logits"), whole.at("logits").slice(0, 8)), 2e-5);
}

// What was loaded with leave to follow links is not there for who has none.
TEST_F(EngineRun, LinksAreAskedForAtEveryLoad) {
  const test::TemporaryFolder links;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    std::filesystem::create_symlink(entry.path(), links.path(entry.path().filename()));
  }
  auto engine = Engine::create(Device::cpu, 1);
  test::NoPhases phases;
  const RecordSink deaf = [](const Record&) -> Status { return {}; };
  ASSERT_TRUE(engine->load({links.path(), true}, Dtype::fp32, deaf, phases, {}));
  const auto again = engine->load({links.path(), false}, Dtype::fp32, deaf, phases, {});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, testing::HasSubstr("--follow-symlinks"));
}

TEST_F(EngineRun, DenseRunHasNoFactors) {
  RunSpec dense = spec();
  dense.compression.method = Method::dense;
  RecordList run;
  ASSERT_TRUE(test::runSpec(dense, run));
  EXPECT_TRUE(run.all<RunStarted>()[0].plan.empty());
  EXPECT_EQ(run.all<MemoryRecord>()[0].published_ratio, 1);
  EXPECT_EQ(run.all<CkaRecord>().back().num_layers_done, 3);
  EXPECT_TRUE(run.all<DivergenceRecord>().empty());
}

TEST_F(EngineRun, GenerationStopsAtTheContextAndSaysSo) {
  RunSpec full = spec(62);
  full.max_new_tokens = 50;
  RecordList run;
  ASSERT_TRUE(test::runSpec(full, run));
  const GenerationRecord generation = run.all<GenerationRecord>()[0];
  EXPECT_EQ(generation.stop_reason, StopReason::context_full);
  EXPECT_EQ(generation.num_tokens, 3);  // positions 62 and 63 hold the first two
}

TEST_F(EngineRun, Bf16RunsToo) {
  RunSpec half = spec();
  half.dtype = Dtype::bf16;
  RecordList run;
  ASSERT_TRUE(test::runSpec(half, run));
  EXPECT_EQ(run.all<MemoryRecord>()[0].dense_bytes, 2 * 3 * 16 * 30 * 2);
}

TEST_F(EngineRun, RefusalsNameTheNumbers) {
  EXPECT_EQ(refusal(spec(65)), "the prompt has 65 tokens, the model's context is 64");
  RunSpec outside = spec();
  outside.prompt_ids = {1, 40};
  EXPECT_EQ(refusal(outside), "token id 40 at place 1 is outside the model's vocabulary of 40");
  RunSpec rank = spec();
  rank.compression.rank_k = 33;
  EXPECT_EQ(refusal(rank), "rank_k is 33, the widest group allows 1-32");
  RunSpec folder = spec();
  folder.model_dir = folder_.path("nowhere");
  EXPECT_THAT(refusal(folder), HasSubstr("nowhere"));
  RunSpec text = spec();
  text.prompt_ids.clear();
  text.prompt = "hello";
  EXPECT_THAT(refusal(text), HasSubstr("tokenizer.json"));
}

TEST_F(EngineRun, ThreeTokensAreEnough) {
  RecordList run;
  ASSERT_TRUE(test::runSpec(spec(3), run));
  EXPECT_EQ(run.all<RunStarted>()[0].plan[0].rank_k, 3);
  EXPECT_THAT(run.all<RunStarted>()[0].notices[0], HasSubstr("3 is used"));
  RecordList one;
  ASSERT_TRUE(test::runSpec(spec(1), one));
}

TEST_F(EngineRun, CudaWithoutItsLibrariesIsOneSentence) {
  const auto engine = Engine::create(Device::cuda, 1);
  if (engine) return;  // a machine that has them
  EXPECT_EQ(engine.error().kind, ErrorKind::no_device);
  EXPECT_THAT(engine.error().message, HasSubstr("use --device cpu"));
}

TEST_F(EngineRun, StopAtAnyRecordEndsTheRunWithWhatIsFinished) {
  RecordList whole;
  ASSERT_TRUE(test::runSpec(spec(), whole));
  for (int64_t at = 0; at < static_cast<int64_t>(whole.records.size()); at += 3) {
    RecordList run;
    std::stop_source stop;
    run.stop = &stop;
    run.stop_at = at;
    const Status done = test::runSpec(spec(), run, stop.get_token());
    if (done) continue;  // the stop came after the last piece of work
    EXPECT_EQ(done.error().kind, ErrorKind::interrupted);
    if (run.all<RunStarted>().empty()) continue;
    EXPECT_EQ(run.all<RunFinished>().back().status, RunStatus::cancelled) << "at record " << at;
  }
}

TEST_F(EngineRun, AFullDiskEndsTheRun) {
  RecordList run;
  run.fail_at = 8;
  const Status done = test::runSpec(spec(), run);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the disk is full");
}

TEST_F(EngineRun, WeightsThatAreNotFiniteDoNotCrash) {
  TinyModel model;
  model.vocab_size = 41;
  test::TemporaryFolder other;
  test::writeTinyModel(model, other.path());
  std::string bytes;
  {
    std::ifstream in(other.path("model.safetensors"), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::fill(bytes.end() - 4000, bytes.end(), '\xff');  // bf16 NaN
  std::ofstream(other.path("model.safetensors"), std::ios::binary) << bytes;
  RunSpec broken = spec();
  broken.model_dir = other.path();
  RecordList run;
  static_cast<void>(test::runSpec(broken, run));  // any sentence, or a result: no crash
  EXPECT_FALSE(run.records.empty());
}

}  // namespace
}  // namespace xkv
