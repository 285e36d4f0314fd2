// SPDX-License-Identifier: Apache-2.0
/// Several turns over one cache, and new tokens factored in segments, on the demo model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

using test::RecordList;
using testing::HasSubstr;

const RecordSink kDeaf = [](const Record&) -> Status { return {}; };

RunSpec conversation() {
  RunSpec spec;
  spec.model_dir = test::demoModelDir();
  spec.prompt = "The river keeps one number. ";
  spec.turns = {" And the other?", " Again."};
  spec.dtype = Dtype::fp32;
  spec.max_new_tokens = 6;
  return spec;
}

RecordList ran(const RunSpec& spec) {
  RecordList run;
  const Status done = test::runSpec(spec, run);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  return run;
}

// What is said next is appended to the cache that holds the answer: the next token is the one that
// a prefill of the whole conversation would choose.
TEST(Turns, ContinueTheCacheAsOnePrefillWould) {
  auto engine = Engine::create(Device::cpu, 2);
  test::NoPhases phases;
  test::TemporaryFolder folder;
  test::TinyModel model;
  test::writeTinyModel(model, folder.path());
  ASSERT_TRUE(engine->load(folder.path(), Dtype::fp32, kDeaf, phases, {}));
  PrefillRequest prompt;
  prompt.ids = test::someIds(20, 40);
  prompt.compression.method = Method::dense;
  auto capture = engine->prefill(prompt, kDeaf, phases, {});
  ASSERT_TRUE(capture);
  GenerateRequest request;
  request.method = Method::dense;
  request.max_new_tokens = 5;
  const GenerateRequest from_prompt = request;
  const auto first = capture->generate(request, nullptr, kDeaf, phases, {});
  ASSERT_TRUE(first);
  const std::vector<int64_t> said{3, 1, 4, 1, 5};
  request.turn = 1;
  request.feed_ids = {first->back()};
  request.feed_ids.insert(request.feed_ids.end(), said.begin(), said.end());
  const auto second = capture->generate(request, nullptr, kDeaf, phases, {});
  ASSERT_TRUE(second) << second.error().message;

  PrefillRequest whole = prompt;
  whole.ids.insert(whole.ids.end(), first->begin(), first->end());
  whole.ids.insert(whole.ids.end(), said.begin(), said.end());
  auto again = engine->prefill(whole, kDeaf, phases, {});
  ASSERT_TRUE(again);
  const auto expected = again->generate(from_prompt, nullptr, kDeaf, phases, {});
  EXPECT_EQ(*second, *expected);

  request.feed_ids.assign(60, 1);
  const auto beyond = capture->generate(request, nullptr, kDeaf, phases, {});
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().message, HasSubstr("the model's context is 64"));
}

TEST(Turns, AreRecordedForBothCachesAndCompared) {
  const RecordList run = ran(conversation());
  std::vector<std::pair<Method, int64_t>> answers;
  int64_t dense_tokens = 0;
  for (const GenerationRecord& answer : run.all<GenerationRecord>()) {
    answers.emplace_back(answer.method, answer.turn);
    if (answer.method == Method::dense) dense_tokens += answer.num_tokens;
  }
  EXPECT_THAT(answers,
              testing::ElementsAre(std::pair{Method::xkv, 0}, std::pair{Method::xkv, 1},
                                   std::pair{Method::xkv, 2}, std::pair{Method::dense, 0},
                                   std::pair{Method::dense, 1}, std::pair{Method::dense, 2}));
  ASSERT_EQ(run.all<DivergenceRecord>().size(), 1u);
  EXPECT_EQ(static_cast<int64_t>(run.all<DivergenceRecord>()[0].kl.size()), dense_tokens);
  EXPECT_EQ(run.all<TokenRecord>().back().turn, 2);
  EXPECT_EQ(run.all<LatencyRecord>().size(), 2u);
  // Every token but the last is in the cache: answers and what was said.
  EXPECT_GT(run.all<MemoryRecord>()[0].generated_tokens, 18 - 1);
}

TEST(Turns, FullRankLeadsTheDenseConversation) {
  RunSpec full = conversation();
  full.compression.rank_k = full.compression.rank_v = 4 * 64;
  full.compression.recompress_after = 3;
  full.compression.recompress_residual = 0;
  const RecordList run = ran(full);
  const std::vector<DivergenceRecord> divergence = run.all<DivergenceRecord>();
  ASSERT_EQ(divergence.size(), 1u);
  EXPECT_EQ(divergence[0].first_divergent_token, -1);
  for (const double kl : divergence[0].kl) EXPECT_LT(kl, 1e-4);
  EXPECT_FALSE(run.all<RecompressionRecord>().empty());
}

TEST(Turns, WithoutATokenizerAreRefusedBeforeTheRun) {
  test::TemporaryFolder folder;
  test::writeTinyModel(test::TinyModel{}, folder.path());
  RunSpec spec = conversation();
  spec.model_dir = folder.path();
  spec.prompt_ids = {1, 2, 3};
  RecordList run;
  const Status done = test::runSpec(spec, run);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("tokenizer.json"));
  EXPECT_TRUE(run.all<RunStarted>().empty());
}

TEST(Recompression, FollowsTheCacheAndTellsOfItsDrift) {
  RunSpec spec = conversation();
  spec.turns.clear();
  spec.max_new_tokens = 60;
  RunSpec dense_tail = spec;
  spec.compression.recompress_after = 16;
  spec.compression.recompress_residual = 0.3;
  const RecordList grown = ran(spec);
  const RecordList plain = ran(dense_tail);
  const auto segments = grown.all<RecompressionRecord>();
  if (grown.all<GenerationRecord>()[0].num_tokens < 40) return;  // an early end of the text
  ASSERT_GE(segments.size(), 2u * 2);
  for (const RecompressionRecord& segment : segments) {
    EXPECT_LE(segment.error, 0.3 + 0.01);
    EXPECT_GE(segment.rank_after, segment.rank_before);
    EXPECT_EQ(segment.rank_after > segment.rank_before, segment.residual > 0.3);
    EXPECT_GT(segment.resident_bytes, 0);
  }
  EXPECT_LT(grown.all<MemoryRecord>()[0].resident_bytes,
            plain.all<MemoryRecord>()[0].resident_bytes);
  EXPECT_FALSE(grown.all<DivergenceRecord>()[0].kl.empty());
  EXPECT_TRUE(plain.all<RecompressionRecord>().empty()) << "off by default, as in the paper";
}

}  // namespace
}  // namespace xkv
