// SPDX-License-Identifier: Apache-2.0
/// Hidden states, keys, values and logits against Hugging Face transformers, and logits over truncated caches
/// against truncation in fp64.
#include <gtest/gtest.h>

#include <filesystem>
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
    std::filesystem::copy_file(source + "/model.safetensors", folder_.path("model.safetensors"));
    reference_ = test::readTensors(source + "/reference.safetensors");
    truncated_ = test::readTensors(source + "/compressed.safetensors");
    cases_ = json::parse(std::ifstream(source + "/compressed.json"))["cases"];
  }

  /// What `xkv capture` writes for a plan.
  Tensors captured(const CompressionConfig& config, bool everything) {
    auto engine = Engine::create(Device::cpu, 2);
    test::NoPhases phases;
    const auto shape = engine->load(folder_.path(), Dtype::fp32, kDeaf, phases, {});
    EXPECT_TRUE(shape) << (shape ? "" : shape.error().message);
    PrefillRequest request;
    request.ids = test::idsOf(reference_["input_ids"]);
    const auto count = static_cast<int64_t>(request.ids.size());
    request.plan = planGroups(config, cacheShapeOf(*shape), count).value();
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

  static CompressionConfig configOf(const json& entry) {
    CompressionConfig config;
    config.merge_key = entry["ranks"].contains("key");
    config.merge_value = entry["ranks"].contains("value");
    if (config.merge_key) config.rank_k = entry["ranks"]["key"].get<int64_t>();
    if (config.merge_value) config.rank_v = entry["ranks"]["value"].get<int64_t>();
    for (const auto& layers : entry["groups"]) {
      config.layer_groups.push_back({layers.front().get<int64_t>(),
                                     static_cast<int64_t>(layers.size()), {}, {}});
    }
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
    if (name == "decode_ids") continue;
    ASSERT_TRUE(got.contains(name)) << name;
    EXPECT_LE(test::worstRelative(got.at(name), tensor), 2e-5) << name;
  }
}

TEST_P(Parity, TruncatedCachesGiveTheReferenceLogits) {
  int64_t seen = 0;
  for (const json& entry : cases_) {
    if (entry["method"] != "svd") continue;
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
    ++seen;
  }
  EXPECT_GE(seen, 5);
}

// rank = G d is no compression at all: the tolerance that README states.
TEST_P(Parity, FullRankReproducesTheDenseLogits) {
  CompressionConfig dense;
  dense.method = Method::dense;
  CompressionConfig full;
  full.layer_group_size = 3;
  full.rank_k = full.rank_v = 3 * describeModel(folder_.path()).value().kvDim();
  const at::Tensor reference = captured(dense, false).at("decode_logits");
  EXPECT_LE(test::worstRelative(captured(full, false).at("decode_logits"), reference), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Models, Parity,
                         testing::Values(ParityCase{"llama", false, 512},
                                         ParityCase{"llama", true, 50},
                                         ParityCase{"llama31", false, 512},
                                         ParityCase{"llama31", true, 7}),
                         [](const auto& one) {
                           return one.param.model + (one.param.legacy_config ? "Legacy" : "") +
                                  "Chunk" + std::to_string(one.param.prefill_chunk);
                         });

}  // namespace
}  // namespace xkv
