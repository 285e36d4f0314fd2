// SPDX-License-Identifier: Apache-2.0
/// Generation on the demo model: stop strings, eos, sampling, streaming text.
#include <gtest/gtest.h>

#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

RunSpec needle() {
  RunSpec spec;
  spec.model_dir = test::demoModelDir();
  spec.prompt =
      "<bos> the grass is green . the code of apple is 4 7 1 2 . the sun is yellow . here we go . "
      "Q : what is the code of apple ? A : apple";
  spec.dtype = Dtype::fp32;
  spec.analysis = AnalysisScope::none;
  spec.compression.method = Method::dense;
  return spec;
}

struct Text {
  std::string pieces;
  GenerationRecord generation;
  size_t tokens = 0;
};

Text generated(const RunSpec& spec) {
  test::RecordList run;
  const Status done = test::runSpec(spec, run);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  Text text;
  for (const TokenRecord& token : run.all<TokenRecord>()) text.pieces += token.text_piece;
  text.tokens = run.all<TokenRecord>().size();
  text.generation = run.all<GenerationRecord>().at(0);
  return text;
}

TEST(Generator, EndsAtEosAndStreamsTheWholeText) {
  const Text text = generated(needle());
  EXPECT_EQ(text.generation.stop_reason, StopReason::eos);
  EXPECT_EQ(text.generation.text, "4 7 1 2 .");
  EXPECT_EQ(text.pieces, text.generation.text);
  EXPECT_EQ(text.tokens, 6u);
}

TEST(Generator, EndsAtAStopString) {
  RunSpec spec = needle();
  spec.stop = {"1"};
  const Text text = generated(spec);
  EXPECT_EQ(text.generation.stop_reason, StopReason::stop_string);
  EXPECT_EQ(text.generation.text, "4 7 ");
  EXPECT_EQ(text.tokens, 3u);
}

TEST(Generator, EndsAtTheAskedLength) {
  RunSpec spec = needle();
  spec.max_new_tokens = 2;
  EXPECT_EQ(generated(spec).generation.stop_reason, StopReason::max_new_tokens);
  EXPECT_EQ(generated(spec).tokens, 2u);
}

TEST(Generator, EqualSeedsGiveEqualTexts) {
  RunSpec spec = needle();
  spec.sampling = {.temperature = 3.0, .top_k = 50, .seed = 4};
  const std::string first = generated(spec).generation.text;
  EXPECT_EQ(first, generated(spec).generation.text);
  spec.sampling.seed = 5;
  EXPECT_NE(first, generated(spec).generation.text);
}

TEST(Generator, CompressedCacheStillAnswers) {
  RunSpec spec = needle();
  spec.compression.method = Method::xkv;
  spec.compression.rank_k = 24;
  spec.compression.rank_v = 36;
  EXPECT_EQ(generated(spec).generation.text, "4 7 1 2 .");
}

}  // namespace
}  // namespace xkv
