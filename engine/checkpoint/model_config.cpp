// SPDX-License-Identifier: Apache-2.0
/// Reads config.json of the Llama family and refuses what the engine could only get wrong.
#include "engine/checkpoint/model_config.h"

#include <utility>

#include "engine/checkpoint/config_reader.h"
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
// Far above any model there is; their products stay far below what an int64 holds.
constexpr Range<int64_t> kLayers{1, 10'000};
constexpr Range<int64_t> kWidths{1, 1 << 24};
constexpr Range<int64_t> kHeads{1, 65'536};
constexpr Range<int64_t> kPositions{1, 1'000'000'000};

struct ConfigFile {
  std::string label;
  json object;
};

Result<ConfigFile> readConfigFile(const std::string& model_dir, const std::string& name,
                                  bool follow_symlinks) {
  const Result<std::string> path = resolveModelFile(model_dir, name, follow_symlinks);
  if (!path) return tl::unexpected(path.error());
  const Result<MappedFile> file = MappedFile::open(*path, kMaxConfigBytes);
  if (!file) return tl::unexpected(file.error());
  std::string label = printable(*path, 400);
  Result<json> object = parseStrictJson(label, file->text());
  if (!object) return tl::unexpected(object.error());
  return ConfigFile{std::move(label), std::move(*object)};
}

/// What kind of model it is comes first: other families have other keys.
void checkKind(ConfigReader& config) {
  const std::string model_type = config.text("model_type");
  if (model_type != "llama") {
    config.refuse(sentence("model_type {} is not supported; llama is", printable(model_type, 60)));
  }
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

int64_t readHeadDim(ConfigReader& config, const ModelShape& shape) {
  const std::optional<int64_t> given = config.optionalInteger("head_dim", {2, 65'536});
  if (!given && shape.hidden_size % shape.num_heads != 0) {
    config.refuse(sentence("hidden_size {} is no multiple of num_attention_heads {}",
                           shape.hidden_size, shape.num_heads));
  }
  const int64_t head_dim = given.value_or(shape.hidden_size / shape.num_heads);
  if (head_dim % 2 != 0 || head_dim == 0) {
    config.refuse(sentence("head_dim is {}, RoPE needs an even one of at least 2", head_dim));
  }
  return head_dim;
}

ModelShape readShape(ConfigReader& config) {
  ModelShape shape;
  shape.model_type = "llama";
  shape.num_layers = config.integer("num_hidden_layers", kLayers);
  shape.hidden_size = config.integer("hidden_size", kWidths);
  shape.intermediate_size = config.integer("intermediate_size", kWidths);
  shape.num_heads = config.integer("num_attention_heads", kHeads);
  shape.num_kv_heads =
      config.optionalInteger("num_key_value_heads", kHeads).value_or(shape.num_heads);
  if (shape.num_heads % shape.num_kv_heads != 0) {
    config.refuse(sentence("num_attention_heads {} is no multiple of num_key_value_heads {}",
                           shape.num_heads, shape.num_kv_heads));
  }
  shape.head_dim = readHeadDim(config, shape);
  shape.vocab_size = config.integer("vocab_size", kWidths);
  shape.max_position_embeddings = config.integer("max_position_embeddings", kPositions);
  shape.tie_word_embeddings = config.booleanOr("tie_word_embeddings", false);
  return shape;
}

}  // namespace

Result<ModelConfig> readModelConfig(const std::string& model_dir, bool follow_symlinks) {
  const Result<ConfigFile> file = readConfigFile(model_dir, "config.json", follow_symlinks);
  if (!file) return tl::unexpected(file.error());
  ConfigReader reader(file->label, file->object);
  ModelConfig config;
  checkKind(reader);
  config.shape = readShape(reader);
  config.shape.name = modelName(model_dir);
  config.rms_norm_eps = reader.number("rms_norm_eps", {1e-30, 1});
  const RopeConfig rope = readRope(reader);
  config.rope_scaling = rope.scaling;
  config.shape.rope_theta = rope.rope_theta;
  config.shape.rope_type = ropeTypeName(rope.scaling.type);
  config.attention_bias = reader.booleanOr("attention_bias", false);
  config.mlp_bias = reader.booleanOr("mlp_bias", false);
  const Range<int64_t> ids{0, config.shape.vocab_size - 1};
  config.eos_token_ids = reader.integers("eos_token_id", ids);
  config.bos_token_id = reader.optionalInteger("bos_token_id", ids);
  if (Status status = reader.status(); !status) return tl::unexpected(status.error());

  if (!existsInModel(model_dir, "generation_config.json")) return config;
  const auto generation = readConfigFile(model_dir, "generation_config.json", follow_symlinks);
  if (!generation) return tl::unexpected(generation.error());
  ConfigReader generation_reader(generation->label, generation->object);
  auto eos_token_ids = generation_reader.integers("eos_token_id", ids);
  if (Status status = generation_reader.status(); !status) return tl::unexpected(status.error());
  if (!eos_token_ids.empty()) config.eos_token_ids = std::move(eos_token_ids);
  return config;
}

}  // namespace xkv
