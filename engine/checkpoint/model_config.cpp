// SPDX-License-Identifier: Apache-2.0
/// Reads what every config.json says, hands the rest to its family, and refuses what the engine could only get
/// wrong.
#include "engine/checkpoint/model_config.h"

#include <algorithm>
#include <utility>

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/families/model_family.h"
#include "engine/checkpoint/mapped_file.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/checkpoint/rope_config.h"
#include "engine/checkpoint/strict_json.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

constexpr int64_t kMaxConfigBytes = 4'000'000;
struct ConfigFile {
  std::string label;
  json object;
};

Result<ConfigFile> readConfigFile(const ModelFolder& folder, const std::string& name) {
  const Result<std::string> path = resolveModelFile(folder, name);
  if (!path) return tl::unexpected(path.error());
  const Result<MappedFile> file = MappedFile::open(*path, kMaxConfigBytes);
  if (!file) return tl::unexpected(file.error());
  std::string label = printable(*path, 400);
  Result<json> object = parseStrictJson(label, file->text());
  if (!object) return tl::unexpected(object.error());
  return ConfigFile{std::move(label), std::move(*object)};
}

/// What kind of model it is comes first: other families have other keys.
const ModelFamily* readFamily(ConfigReader& config) {
  const std::string model_type = config.text("model_type");
  for (const ModelFamily& family : modelFamilies()) {
    if (model_type == family.model_type) return &family;
  }
  config.refuse(sentence("model_type {} is not supported; {} are", printable(model_type, 60),
                         familyNames()));
  return nullptr;
}

void checkKind(ConfigReader& config) {
  const std::string hidden_act = config.optionalText("hidden_act").value_or("silu");
  if (hidden_act != "silu") {
    config.refuse(sentence("hidden_act {} is not supported; silu is", printable(hidden_act, 60)));
  }
  if (config.has("quantization_config")) {
    config.refuse("quantization_config is given, quantised weights are not supported");
  }
  config.optionalText("torch_dtype");
  config.optionalText("dtype");
}

ModelShape readShape(ConfigReader& config) {
  ModelShape shape;
  shape.num_layers = config.integer("num_hidden_layers", kLayerRange);
  shape.hidden_size = config.integer("hidden_size", kWidthRange);
  shape.intermediate_size = config.integer("intermediate_size", kWidthRange);
  shape.num_heads = config.integer("num_attention_heads", kHeadRange);
  shape.vocab_size = config.integer("vocab_size", kWidthRange);
  shape.max_position_embeddings = config.integer("max_position_embeddings", kPositionRange);
  shape.tie_word_embeddings = config.booleanOr("tie_word_embeddings", false);
  shape.random_weights = config.booleanOr("xkv_random_weights", false);
  return shape;
}

/// YaRN reaches as far as it stretches, whatever max_position_embeddings says.
int64_t contextOf(const ModelShape& shape, const RopeScaling& rope) {
  if (rope.type != RopeType::yarn) return shape.max_position_embeddings;
  const double stretched =
      rope.factor * static_cast<double>(rope.original_max_position_embeddings);
  return std::max(shape.max_position_embeddings, static_cast<int64_t>(stretched));
}

void readRotary(ConfigReader& reader, ModelConfig& config) {
  ModelShape& shape = config.shape;
  const RopeConfig rope = readRope(reader, shape.max_position_embeddings);
  config.rope_scaling = rope.scaling;
  shape.rope_theta = rope.rope_theta;
  shape.rope_type = ropeTypeName(rope.scaling.type);
  shape.max_position_embeddings = contextOf(shape, rope.scaling);
}

/// eos_token_id of generation_config.json replaces that of config.json, if it names any.
Status readGeneration(const ModelFolder& folder, ModelConfig& config) {
  if (!existsInModel(folder.path, "generation_config.json")) return {};
  const auto file = readConfigFile(folder, "generation_config.json");
  if (!file) return tl::unexpected(file.error());
  ConfigReader reader(file->label, file->object);
  auto ids = reader.integers("eos_token_id", {0, config.shape.vocab_size - 1});
  if (Status status = reader.status(); !status) return status;
  if (!ids.empty()) config.eos_token_ids = std::move(ids);
  return {};
}

}  // namespace

Result<ModelConfig> readModelConfig(const ModelFolder& folder) {
  const Result<ConfigFile> file = readConfigFile(folder, "config.json");
  if (!file) return tl::unexpected(file.error());
  ConfigReader reader(file->label, file->object);
  ModelConfig config;
  const ModelFamily* const family = readFamily(reader);
  if (family == nullptr) return tl::unexpected(reader.status().error());
  checkKind(reader);
  config.shape = readShape(reader);
  config.shape.model_type = family->model_type;
  config.shape.name = modelName(folder.path);
  config.rms_norm_eps = reader.number("rms_norm_eps", {1e-30, 1});
  readRotary(reader, config);
  config.windows.assign(static_cast<size_t>(config.shape.num_layers), 0);
  family->read(reader, config);
  const Range<int64_t> ids{0, config.shape.vocab_size - 1};
  config.eos_token_ids = reader.integers("eos_token_id", ids);
  config.bos_token_id = reader.optionalInteger("bos_token_id", ids);
  if (Status status = reader.status(); !status) return tl::unexpected(status.error());
  const Status generation = readGeneration(folder, config);
  if (!generation) return tl::unexpected(generation.error());
  return config;
}

}  // namespace xkv
