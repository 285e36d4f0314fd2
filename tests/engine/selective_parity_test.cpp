// SPDX-License-Identifier: Apache-2.0
/// Selective Reconstruction: chunks, outliers, recall and logits against the reference, and the gates of
/// METHOD.md 6.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

using nlohmann::json;
using test::Tensors;

const RecordSink kDeaf = [](const Record&) -> Status { return {}; };

class SelectiveParity : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    folder_ = test::dataPath("models/" + GetParam());
    reference_ = test::readTensors(folder_ + "/reference.safetensors");
    shape_ = describeModel(folder_).value();
  }

  /// What `xkv capture --force-ids` writes, of the first `count` tokens.
  Tensors captured(const CompressionConfig& config, int64_t count) {
    auto engine = Engine::create(Device::cpu, 2);
    test::NoPhases phases;
    EXPECT_TRUE(engine->load(folder_, Dtype::fp32, kDeaf, phases, {}));
    PrefillRequest request;
    request.ids = test::idsOf(reference_["input_ids"].slice(0, 0, count));
    auto plan = planGroups(config, cacheShapeOf(shape_), count);
    EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
    request.plan = std::move(*plan);
    request.compression = config;
    request.factor_dtype = Dtype::fp32;
    request.analysis = AnalysisScope::all;
    auto capture = engine->prefill(request, kDeaf, phases, {});
    EXPECT_TRUE(capture) << (capture ? "" : capture.error().message);
    Capture::Dump dump;
    dump.force_ids = test::idsOf(reference_["decode_ids"]);
    const Status written = capture->writeTo(out_.path("out.safetensors"), dump, {});
    EXPECT_TRUE(written) << (written ? "" : written.error().message);
    return test::readTensors(out_.path("out.safetensors"));
  }
  Tensors captured(const CompressionConfig& config) {
    return captured(config, reference_["input_ids"].size(0));
  }

  CompressionConfig fullRank(Method method) const {
    CompressionConfig config;
    config.method = method;
    config.rank_k = 4 * shape_.width(Stream::key);
    config.rank_v = 4 * shape_.width(Stream::value);
    return config;
  }

  std::string folder_;
  test::TemporaryFolder out_;
  Tensors reference_;
  ModelShape shape_;
};

CompressionConfig configOf(const json& entry) {
  CompressionConfig config;
  config.method = entry["variant"] == "xK-SR" ? Method::xk_sr : Method::xkv_sr;
  config.layer_group_size = entry["layer_group_size"].get<int64_t>();
  config.rank_k = entry["ranks"]["key"].get<int64_t>();
  config.rank_v = entry["ranks"]["value"].get<int64_t>();
  config.selective = {.budget = entry["budget"].get<int64_t>(),
                      .chunk = entry["chunk"].get<int64_t>(),
                      .local_chunks = entry["local_chunks"].get<int64_t>(),
                      .outlier_chunks = entry["outlier_chunks"].get<int64_t>()};
  return config;
}

TEST_P(SelectiveParity, ChoosesAndAnswersAsTheReference) {
  const auto cases = json::parse(std::ifstream(folder_ + "/selective.json"))["cases"];
  Tensors expected = test::readTensors(folder_ + "/selective.safetensors");
  EXPECT_EQ(cases.size(), 5U);
  for (const json& entry : cases) {
    const std::string index = std::to_string(entry["index"].get<int>());
    Tensors got = captured(configOf(entry));
    for (const char* name : {"outlier_chunks", "chosen_chunks"}) {
      const at::Tensor& reference = expected[index + "." + name];
      EXPECT_EQ(got[name].sizes(), reference.sizes()) << name << entry.dump();
      EXPECT_TRUE(got[name].equal(reference)) << name << entry.dump();
    }
    EXPECT_LE(test::worstRelative(got["recall"], expected[index + ".recall"]), 1e-4) << entry.dump();
    EXPECT_LE(test::worstRelative(got["decode_logits"], expected[index + ".decode_logits"]), 1e-4)
        << entry.dump();
  }
}

// A budget above the prompt, nothing exact, no remainder: every key and value is a rebuilt one.
TEST_P(SelectiveParity, EqualsTheDenseReconstructionWhereAllIsChosen) {
  CompressionConfig low_rank;
  low_rank.rank_k = shape_.width(Stream::key);
  low_rank.rank_v = shape_.width(Stream::value);
  const int64_t tokens = reference_["input_ids"].size(0) / 8 * 8;
  const at::Tensor expected = captured(low_rank, tokens)["decode_logits"];
  CompressionConfig chosen = low_rank;
  chosen.method = Method::xkv_sr;
  chosen.selective = {.budget = 100'000, .local_chunks = 0, .outlier_chunks = 0};
  EXPECT_LE(test::worstRelative(captured(chosen, tokens)["decode_logits"], expected), 1e-4);
  chosen.selective.share_selection = true;
  EXPECT_LE(test::worstRelative(captured(chosen, tokens)["decode_logits"], expected), 1e-4);
}

TEST_P(SelectiveParity, EqualsTheDenseCacheAtFullRankAndBudget) {
  for (const Method method : {Method::xkv_sr, Method::xk_sr}) {
    for (const LandmarkForm landmarks : {LandmarkForm::cache, LandmarkForm::int8}) {
      CompressionConfig config = fullRank(method);
      config.selective = {.budget = 100'000, .local_chunks = 3, .outlier_chunks = 2, .landmarks = landmarks};
      Tensors got = captured(config);
      EXPECT_LE(test::worstRelative(got["decode_logits"], reference_["decode_logits"]), 1e-4);
      EXPECT_GE(got["recall"].min().item<double>(), 1 - 1e-5);
    }
  }
}

// Fewer tokens than the local chunks: nothing is chosen, and all of them are exact.
TEST_P(SelectiveParity, IsDenseForAShortPrompt) {
  CompressionConfig dense;
  dense.method = Method::dense;
  CompressionConfig config;
  config.method = Method::xkv_sr;
  config.rank_k = config.rank_v = 2;
  const Tensors expected = captured(dense, 21);
  const Tensors got = captured(config, 21);
  EXPECT_FALSE(got.contains("chosen_chunks"));
  EXPECT_LE(test::worstRelative(got.at("decode_logits"), expected.at("decode_logits")), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Models, SelectiveParity,
                         testing::Values("llama", "llama31", "llama_bias_mqa", "qwen2", "qwen3"));

}  // namespace
}  // namespace xkv
