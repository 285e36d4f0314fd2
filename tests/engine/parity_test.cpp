// SPDX-License-Identifier: Apache-2.0
/// Hidden states, keys, values and logits against Hugging Face transformers, and logits over
/// compressed caches against truncation and merging in fp64.
#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/cache/dense_cache.h"
#include "engine/engine.h"
#include "engine/model/decoder.h"
#include "profiling/records/words.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

using nlohmann::json;
using test::Tensors;

const RecordSink kDeaf = [](const Record&) -> Status { return {}; };

struct ParityCase {
  std::string model;
  bool legacy_config;
  int64_t prefill_chunk;
};

class Parity : public testing::TestWithParam<ParityCase> {
 protected:
  void SetUp() override {
    const std::string source = test::dataPath("models/" + GetParam().model);
    const std::string config = GetParam().legacy_config ? "config.legacy.json" : "config.json";
    std::filesystem::copy_file(source + "/" + config, folder_.path("config.json"));
    for (const auto& file : std::filesystem::directory_iterator(source)) {
      const std::string name = file.path().filename().string();
      if (name.starts_with("model")) std::filesystem::copy_file(file.path(), folder_.path(name));
    }
    reference_ = test::readTensors(source + "/reference.safetensors");
    truncated_ = test::readTensors(source + "/compressed.safetensors");
    cases_ = json::parse(std::ifstream(source + "/compressed.json"))["cases"];
  }

  /// What `xkv capture` writes for a plan, but for what no model caches: latents behind their norm.
  Tensors captured(const CompressionConfig& config, bool everything) {
    auto engine = Engine::create(Device::cpu, 2);
    test::NoPhases phases;
    const auto shape = engine->load(folder_.path(), Dtype::fp32, kDeaf, phases, {});
    EXPECT_TRUE(shape) << (shape ? "" : shape.error().message);
    PrefillRequest request;
    request.ids = test::idsOf(reference_["input_ids"]);
    const auto count = static_cast<int64_t>(request.ids.size());
    request.plan = planGroups(config, cacheShapeOf(*shape), count).value();
    request.compression = config;
    request.factor_dtype = Dtype::fp32;
    request.analysis = AnalysisScope::all;
    request.prefill_chunk = GetParam().prefill_chunk;
    request.keep_hidden = request.keep_logits = everything;
    auto capture = engine->prefill(request, kDeaf, phases, {});
    EXPECT_TRUE(capture) << (capture ? "" : capture.error().message);
    const Capture::Dump dump{.hidden = everything,
                             .logits = everything,
                             .reconstructed = true,
                             .force_ids = test::idsOf(reference_["decode_ids"])};
    const Status written = capture->writeTo(folder_.path("out.safetensors"), dump, {});
    EXPECT_TRUE(written) << (written ? "" : written.error().message);
    return test::readTensors(folder_.path("out.safetensors"));
  }

  CompressionConfig configOf(const json& entry) const {
    CompressionConfig config;
    for (const auto& layers : entry["groups"]) {
      config.layer_groups.push_back(
          {layers.front().get<int64_t>(), static_cast<int64_t>(layers.size()), {}, {}});
    }
    if (entry["method"] == "slerp") {
      config.method = Method::minicache;
      config.slerp_t = entry["slerp_t"].get<double>();
      config.slerp_gamma = entry["slerp_gamma"].get<double>();
      config.slerp_keep = fromWord<SlerpKeep>(entry["slerp_keep"].get<std::string>()).value();
      return config;
    }
    const auto [first, second] = describeModel(folder_.path()).value().streams();
    const auto rankOf = [&](Stream stream) -> std::optional<int64_t> {
      const std::string name(word(stream));
      if (!entry["ranks"].contains(name)) return std::nullopt;
      return entry["ranks"][name].get<int64_t>();
    };
    config.rank_k = rankOf(first);
    config.rank_v = rankOf(second);
    config.merge_key = config.rank_k.has_value();
    config.merge_value = config.rank_v.has_value();
    return config;
  }

  test::TemporaryFolder folder_;
  Tensors reference_;
  Tensors truncated_;
  json cases_;
};

TEST_P(Parity, DenseEqualsTransformers) {
  CompressionConfig dense;
  dense.method = Method::dense;
  const Tensors got = captured(dense, true);
  for (const auto& [name, tensor] : reference_) {
    if (name == "decode_ids" || name.starts_with("latent_normed.")) continue;
    ASSERT_TRUE(got.contains(name)) << name;
    EXPECT_LE(test::worstRelative(got.at(name), tensor), 2e-5) << name;
  }
}

/// Every svd and slerp case, with both of MiniCache's rules.
TEST_P(Parity, CompressedCachesGiveTheReferenceLogits) {
  std::map<std::string, int> seen;
  for (const json& entry : cases_) {
    const std::string index = std::to_string(entry["index"].get<int>());
    const Tensors got = captured(configOf(entry), false);
    EXPECT_LE(test::worstRelative(got.at("decode_logits"), truncated_[index + ".decode_logits"]),
              1e-4)
        << entry.dump();
    if (entry["streams_stored"].get<bool>()) {
      for (const auto& [name, rows] : got) {
        const bool rebuilt = name.starts_with("reconstructed.");
        const std::string stored = index + "." + name.substr(rebuilt ? 14 : 0);
        if (!rebuilt || !truncated_.contains(stored)) continue;
        EXPECT_LE(test::worstRelative(rows, truncated_[stored]), 1e-4) << stored;
      }
    }
    ++seen[entry["method"].get<std::string>()];
  }
  EXPECT_GE(seen["svd"], 5);
  const bool has_latents = describeModel(folder_.path()).value().isMla();  // MiniCache refuses them
  EXPECT_GE(seen["slerp"], has_latents ? 0 : 4);
}

// rank = G d is no compression at all: the tolerance that README states.
TEST_P(Parity, FullRankReproducesTheDenseLogits) {
  CompressionConfig dense;
  dense.method = Method::dense;
  const ModelShape shape = describeModel(folder_.path()).value();
  const auto [first, second] = shape.streams();
  CompressionConfig full;
  full.layer_group_size = 4;  // the last group is shorter
  full.rank_k = 4 * shape.width(first);
  full.rank_v = 4 * shape.width(second);
  const at::Tensor reference = captured(dense, false).at("decode_logits");
  EXPECT_LE(test::worstRelative(captured(full, false).at("decode_logits"), reference), 1e-4);
}

// A prompt, or the same tokens one by one or a few at a time over a cache of the first: one and the
// same.
TEST_P(Parity, PrefillEqualsStepByStep) {
  auto config = readModelConfig(folder_.path());
  ASSERT_TRUE(config);
  auto weights = loadWeights(*config, Checkpoint::open(folder_.path()).value(), {}, {});
  ASSERT_TRUE(weights) << weights.error().message;
  const c10::InferenceMode inference;
  const Decoder decoder(*config, std::move(*weights), at::kCPU);
  const std::vector<int64_t> ids = test::idsOf(reference_["input_ids"]);
  const int64_t last = static_cast<int64_t>(ids.size()) - 1;
  for (const int64_t at_once : {int64_t{1}, int64_t{70}}) {
    DenseCache cache(decoder.cacheForm(), decoder.rotary());
    test::NoPhases phases;
    at::Tensor hidden = decoder.embed({ids.front()});
    for (int64_t layer = 0; layer < config->shape.num_layers; ++layer) {
      auto rows = decoder.prefillLayer(layer, hidden, 1, phases, {});
      ASSERT_TRUE(rows && cache.append(layer, std::move(*rows), phases, {}));
    }
    Result<at::Tensor> logits = failure(ErrorKind::failure, "no step was made");
    for (int64_t begin = 1; begin <= last; begin += at_once) {
      const int64_t end = std::min(begin + at_once, last + 1);
      logits = decoder.step({ids.begin() + begin, ids.begin() + end}, begin, cache, phases, {});
    }
    ASSERT_TRUE(logits) << logits.error().message;
    EXPECT_LE(test::worstRelative(*logits, reference_["logits"][last]), 1e-4) << at_once;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, Parity,
    testing::Values(ParityCase{"llama", false, 512}, ParityCase{"llama", true, 50},
                    ParityCase{"llama31", false, 512}, ParityCase{"llama31", true, 7},
                    ParityCase{"llama_bias_mqa", false, 512},
                    ParityCase{"llama_bias_mqa", true, 33}, ParityCase{"mistral", false, 512},
                    ParityCase{"mistral", true, 40}, ParityCase{"qwen2", false, 512},
                    ParityCase{"qwen2", true, 100}, ParityCase{"qwen3", false, 512},
                    ParityCase{"qwen3", true, 64}, ParityCase{"deepseek_v2_lite", false, 512},
                    ParityCase{"deepseek_v2_lite", true, 90}, ParityCase{"deepseek_v2", false, 512},
                    ParityCase{"deepseek_v2", true, 31}),
    [](const auto& one) {
      return one.param.model + (one.param.legacy_config ? "Legacy" : "") + "Chunk" +
             std::to_string(one.param.prefill_chunk);
    });

}  // namespace
}  // namespace xkv
