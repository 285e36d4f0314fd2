// SPDX-License-Identifier: Apache-2.0
/// Caches captured elsewhere: the records of a run, reference errors of every kind of cache, and
/// refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/checkpoint/safetensors.h"
#include "profiling/records/json.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

using nlohmann::json;
using test::RecordList;
using testing::HasSubstr;

/// Tensors of a cache by name, all ones but for what a test puts in; written as F32.
struct MadeCache {
  struct Tensor {
    std::vector<int64_t> shape;
    std::string dtype = "F32";
    std::vector<float> values = {};  // the first ones
  };
  std::map<std::string, Tensor> tensors;
  std::string header;

  static MadeCache keysAndValues(int64_t num_layers = 3) {
    MadeCache cache;
    for (int64_t layer = 0; layer < num_layers; ++layer) {
      cache.tensors["key." + std::to_string(layer)] = {{5, 2, 4}};
      cache.tensors["value." + std::to_string(layer)] = {{5, 2, 4}};
    }
    return cache;
  }

  static MadeCache latents(int64_t num_layers = 2) {
    MadeCache cache;
    for (int64_t layer = 0; layer < num_layers; ++layer) {
      cache.tensors["latent." + std::to_string(layer)] = {{5, 1, 8}};
      cache.tensors["rope_key." + std::to_string(layer)] = {{5, 1, 2}};
    }
    return cache;
  }

  std::string write(const test::TemporaryFolder& folder) const {
    std::vector<std::vector<float>> held;
    std::vector<TensorToWrite> written;
    held.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) {
      int64_t count = 1;
      for (const int64_t dim : tensor.shape) count *= dim;
      std::vector<float>& values = held.emplace_back(static_cast<size_t>(count), 1.0F);
      std::ranges::copy(tensor.values, values.begin());
      const auto bytes = static_cast<size_t>(count * safetensorsElementBytes(tensor.dtype));
      values.resize(std::max(values.size(), (bytes + 3) / 4), 1.0F);
      written.push_back(
          {name, tensor.dtype, tensor.shape, std::as_bytes(std::span(values)).first(bytes)});
    }
    std::map<std::string, std::string> metadata;
    if (!header.empty()) metadata["xkv_cache"] = header;
    const std::string path = folder.path("cache.safetensors");
    EXPECT_TRUE(writeSafetensors(path, std::move(written), metadata));
    return path;
  }
};

RunSpec specFor(const std::string& path) {
  RunSpec spec;
  spec.cache_file = path;
  spec.compression.layer_group_size = 2;
  spec.compression.rank_k = 2;
  spec.compression.rank_v = 2;
  return spec;
}

/// The sentence of a cache that is refused before anything is emitted.
std::string refusal(const MadeCache& cache) {
  const test::TemporaryFolder folder;
  const std::string path = cache.write(folder);
  RecordList run;
  const Status done = test::runSpec(specFor(path), run);
  if (done) return "accepted";
  EXPECT_EQ(done.error().kind, ErrorKind::bad_input);
  EXPECT_TRUE(run.all<RunStarted>().empty());
  EXPECT_THAT(done.error().message, HasSubstr(path));
  return done.error().message;
}

/// JSON of all records of a kind; what is NaN compares equal.
template <class T>
std::vector<std::string> textsOf(const RecordList& run) {
  std::vector<std::string> texts;
  for (const T& record : run.all<T>()) texts.push_back(toJson(Record(record)));
  return texts;
}

std::string captured(const RunSpec& spec, const std::string& path) {
  auto engine = Engine::create(Device::cpu, 2);
  test::NoPhases phases;
  const RecordSink sink = [](const Record&) { return Status{}; };
  const auto model = engine->load(spec.model_dir, spec.dtype, sink, phases, {});
  const auto tokenizer = Tokenizer::open(spec.model_dir);
  PrefillRequest request;
  request.ids = *tokenizer->encode(spec.prompt, true);
  request.analysis = AnalysisScope::all;
  auto capture = engine->prefill(request, sink, phases, {});
  Capture::Dump dump;
  dump.provenance = {"xkv", "1", {}};
  for (const int64_t id : request.ids) dump.provenance.tokens.push_back(tokenizer->tokenText(id));
  const Status written = capture->writeTo(path, dump, {});
  EXPECT_TRUE(written) << (written ? "" : written.error().message);
  return path;
}

class CaptureAndAnalyse : public testing::TestWithParam<Dtype> {};

TEST_P(CaptureAndAnalyse, GivesTheRecordsOfTheRun) {
  const test::TemporaryFolder folder;
  RunSpec spec;
  spec.model_dir = test::demoModelDir();
  spec.prompt = "<bos> the code of apple is 4 7 1 2 . the grass is green . Q : what is apple ? A :";
  spec.dtype = GetParam();
  spec.max_new_tokens = 0;
  RecordList run;
  ASSERT_TRUE(test::runSpec(spec, run));

  RunSpec import = spec;
  import.model_dir.clear();
  import.prompt.clear();
  import.dtype = Dtype::fp16;  // the file knows better
  import.max_new_tokens = 32;
  import.cache_file = captured(spec, folder.path("c.safetensors"));
  RecordList imported;
  const Status done = test::runSpec(import, imported);
  ASSERT_TRUE(done) << done.error().message;

  EXPECT_EQ(textsOf<CkaRecord>(imported), textsOf<CkaRecord>(run));
  EXPECT_EQ(textsOf<SpectrumRecord>(imported), textsOf<SpectrumRecord>(run));
  EXPECT_EQ(textsOf<ReconstructionRecord>(imported), textsOf<ReconstructionRecord>(run));
  EXPECT_FALSE(textsOf<ReconstructionRecord>(run).empty());
  const RunStarted ours = imported.all<RunStarted>().at(0);
  const RunStarted theirs = run.all<RunStarted>().at(0);
  EXPECT_EQ(ours.model, theirs.model);
  EXPECT_EQ(ours.plan, theirs.plan);
  EXPECT_EQ(ours.prompt_ids, theirs.prompt_ids);
  EXPECT_EQ(ours.prompt_tokens, theirs.prompt_tokens);
  EXPECT_EQ(ours.spec.dtype, spec.dtype);
  EXPECT_THAT(ours.notices, testing::Contains(HasSubstr("imported from xkv 1")));
  const MemoryRecord bytes = imported.all<MemoryRecord>().at(0);
  EXPECT_EQ(bytes.parts, run.all<MemoryRecord>().at(0).parts);
  EXPECT_EQ(bytes.resident_bytes, run.all<MemoryRecord>().at(0).resident_bytes);
  EXPECT_EQ(bytes.weight_bytes, 0);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, CaptureAndAnalyse, testing::Values(Dtype::fp32, Dtype::bf16));

TEST(CacheFile, NothingThatNeedsAModelIsClaimed) {
  const test::TemporaryFolder folder;
  RunSpec spec = specFor(MadeCache::keysAndValues().write(folder));
  spec.max_new_tokens = 4;
  RecordList run;
  ASSERT_TRUE(test::runSpec(spec, run));
  EXPECT_TRUE(run.all<TokenRecord>().empty());
  EXPECT_TRUE(run.all<GenerationRecord>().empty());
  EXPECT_TRUE(run.all<DivergenceRecord>().empty());
  EXPECT_TRUE(run.all<LatencyRecord>().empty());
  const RunStarted started = run.all<RunStarted>().at(0);
  EXPECT_EQ(started.prompt_ids, std::vector<int64_t>(5, -1));
  EXPECT_EQ(started.model.name, "cache");
  EXPECT_THAT(started.notices, testing::Contains(HasSubstr("no input_ids")));
}

/// What transformers cached of a random model, as it stands, against errors computed in fp64.
class ReferenceCache : public testing::TestWithParam<std::string> {};

TEST_P(ReferenceCache, ErrorsOfEveryCaseAndGroup) {
  const std::string folder = "models/" + GetParam();
  const json cases =
      json::parse(std::ifstream(test::dataPath(folder + "/compressed.json")))["cases"];
  int checked = 0;
  for (const json& one : cases) {
    if (one["method"] != "svd") continue;
    const json& ranks = one["ranks"];
    const bool is_latent = ranks.contains("latent") || ranks.contains("rope_key");
    RunSpec spec = specFor(test::dataPath(folder + "/reference.safetensors"));
    CompressionConfig& how = spec.compression;
    how = CompressionConfig{};
    for (const json& group : one["groups"]) {
      how.layer_groups.push_back(
          {group[0].get<int64_t>(), static_cast<int64_t>(group.size()), {}, {}});
    }
    const char* first = is_latent ? "latent" : "key";
    const char* second = is_latent ? "rope_key" : "value";
    how.merge_key = ranks.contains(first);
    how.merge_value = ranks.contains(second);
    if (how.merge_key) how.rank_k = ranks[first].get<int64_t>();
    if (how.merge_value) how.rank_v = ranks[second].get<int64_t>();
    how.factor_backend = FactorBackend::exact;
    RecordList run;
    const Status done = test::runSpec(spec, run);
    ASSERT_TRUE(done) << done.error().message;
    for (const ReconstructionRecord& record : run.all<ReconstructionRecord>()) {
      const json& errors = one["relative_error"][isFirst(record.stream) ? first : second];
      EXPECT_NEAR(record.error, errors[static_cast<size_t>(record.group)].get<double>(), 2e-5);
      ++checked;
    }
  }
  EXPECT_GT(checked, 8);
}

INSTANTIATE_TEST_SUITE_P(Families, ReferenceCache,
                         testing::Values("llama", "qwen3", "llama_bias_mqa", "deepseek_v2_lite"));

TEST(CacheFile, LatentsMayHaveAHeadOfOne) {
  const test::TemporaryFolder folder;
  RecordList run;
  const Status done = test::runSpec(specFor(MadeCache::latents().write(folder)), run);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(run.all<RunStarted>().at(0).model.kv_lora_rank, 8);
  EXPECT_EQ(run.all<RunStarted>().at(0).model.qk_rope_head_dim, 2);
  EXPECT_EQ(run.all<ReconstructionRecord>().at(0).stream, Stream::latent);
}

TEST(CacheFile, LayersAreAllThereAndOnlyPlainNumbers) {
  MadeCache cache;
  EXPECT_THAT(refusal(cache), HasSubstr("holds no cache"));
  cache.tensors["key.0"] = {{5, 2, 4}};
  EXPECT_THAT(refusal(cache), HasSubstr("there is no value.0"));
  cache = MadeCache::keysAndValues();
  cache.tensors.erase("key.1");
  EXPECT_THAT(refusal(cache), HasSubstr("there is no key.1, the file has tensors up to layer 2"));
  cache = MadeCache::keysAndValues();
  cache.tensors.erase("value.2");
  EXPECT_THAT(refusal(cache), HasSubstr("there is no value.2"));
  for (const char* name :
       {"key.", "key.01", "key.-1", "key.x", "key.4096", "key.99999999999999999999"}) {
    cache = MadeCache::keysAndValues();
    cache.tensors[name] = {{5, 2, 4}};
    EXPECT_THAT(refusal(cache), HasSubstr(std::string("tensor ") + name));
  }
}

TEST(CacheFile, OneKindOfCacheOnly) {
  MadeCache cache = MadeCache::keysAndValues();
  cache.tensors["latent.0"] = {{5, 8}};
  EXPECT_THAT(refusal(cache), HasSubstr("both keys or values and latents"));
}

TEST(CacheFile, ShapesAndDtypesAgree) {
  const auto with = [](const std::string& name, MadeCache::Tensor tensor) {
    MadeCache cache = MadeCache::keysAndValues();
    cache.tensors[name] = std::move(tensor);
    return refusal(cache);
  };
  EXPECT_THAT(with("key.2", {{6, 2, 4}}), HasSubstr("key.2: shape (6, 2, 4), key.0 has (5, 2, 4)"));
  EXPECT_THAT(with("value.1", {{5, 4, 2}}), HasSubstr("value.1: shape (5, 4, 2), key.0 has"));
  EXPECT_THAT(with("value.1", {{5, 8}}), HasSubstr("(seq_len, num_kv_heads, head_dim) is needed"));
  EXPECT_THAT(with("value.1", {{5, 2, 4}, "F16"}), HasSubstr("value.1: dtype F16, key.0 has F32"));
  EXPECT_THAT(with("key.0", {{5, 2, 4}, "F64"}),
              HasSubstr("dtype F64, F32, BF16 or F16 is needed"));
  EXPECT_THAT(with("key.1", {{0, 2, 4}}), HasSubstr("shape (0, 2, 4) holds nothing"));
  MadeCache latents = MadeCache::latents();
  latents.tensors["rope_key.1"] = {{5, 1, 4}};
  EXPECT_THAT(refusal(latents), HasSubstr("rope_key.1: shape (5, 1, 4), rope_key.0 has (5, 1, 2)"));
  latents = MadeCache::latents();
  latents.tensors["latent.1"] = {{5, 2, 4}};
  EXPECT_THAT(refusal(latents), HasSubstr("(seq_len, width) is needed"));
}

TEST(CacheFile, ValuesAreFinite) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, 1e30F}) {
    MadeCache cache = MadeCache::keysAndValues();
    cache.tensors["value.1"].values = {0, value};
    EXPECT_THAT(refusal(cache), HasSubstr("tensor value.1: it holds"));
  }
}

TEST(CacheFile, IdsFitTheTokens) {
  MadeCache cache = MadeCache::keysAndValues();
  cache.tensors["input_ids"] = {{4}, "I64"};
  EXPECT_THAT(refusal(cache), HasSubstr("input_ids: I64 (4), I64 of 5 tokens is needed"));
  cache.tensors["input_ids"] = {{5}, "F32"};
  EXPECT_THAT(refusal(cache), HasSubstr("I64 of 5 tokens is needed"));
}

TEST(CacheFile, TheHeaderIsHeldAgainstTheTensors) {
  const auto with = [](const std::string& header) {
    MadeCache cache = MadeCache::keysAndValues();
    cache.header = header;
    return refusal(cache);
  };
  EXPECT_EQ(with(R"({"version": 1})"), "accepted");
  EXPECT_EQ(with(R"({"version": 1, "model": {"name": "m", "other": [1]}, "more": 2})"), "accepted");
  EXPECT_THAT(with("{"), HasSubstr("xkv_cache: no JSON"));
  EXPECT_THAT(with("[1]"), HasSubstr("an object is needed"));
  EXPECT_THAT(with("{}"), HasSubstr("version"));
  EXPECT_THAT(with(R"({"version": 2})"), HasSubstr("version"));
  EXPECT_THAT(with(R"({"version": 1, "version": 1})"), HasSubstr("stands twice"));
  EXPECT_THAT(with(R"({"version": 1, "model": 3})"), HasSubstr("model"));
  EXPECT_THAT(with(R"({"version": 1, "model": {"num_heads": "x"}})"), HasSubstr("num_heads"));
  EXPECT_THAT(with(R"({"version": 1, "model": {"num_heads": -2}})"),
              HasSubstr("cannot be negative"));
  EXPECT_THAT(with(R"({"version": 1, "model": {"num_layers": 9}})"),
              HasSubstr("model.num_layers is 9, the tensors have 3"));
  EXPECT_THAT(with(R"({"version": 1, "model": {"kv_lora_rank": 8}})"),
              HasSubstr("kv_lora_rank is 8"));
  EXPECT_THAT(with(R"({"version": 1, "model": {"name": ")" + std::string(300, 'a') + R"("}})"),
              HasSubstr("name has 300 bytes"));
  EXPECT_THAT(with(R"({"version": 1, "tokens": ["a"]})"),
              HasSubstr("tokens has 1 texts, the tensors have 5 tokens"));
  EXPECT_THAT(with(R"({"version": 1, "tokens": [1, 2, 3, 4, 5]})"), HasSubstr("tokens"));
  EXPECT_THAT(with(std::string(100000, '[')), HasSubstr("nested deeper"));
}

TEST(CacheFile, AModelBesideItIsRefused) {
  const test::TemporaryFolder folder;
  RunSpec spec = specFor(MadeCache::keysAndValues().write(folder));
  spec.model_dir = test::demoModelDir();
  RecordList run;
  const Status done = test::runSpec(spec, run);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("one is needed"));
}

TEST(CacheFile, FewerTokensThanTheRank) {
  const test::TemporaryFolder folder;
  MadeCache cache = MadeCache::keysAndValues(1);
  for (auto& [name, tensor] : cache.tensors) tensor.shape = {1, 2, 4};
  RecordList run;
  const Status done = test::runSpec(specFor(cache.write(folder)), run);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(run.all<RunStarted>().at(0).plan.at(0).rank_k, 1);
}

}  // namespace
}  // namespace xkv
