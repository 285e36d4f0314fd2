// SPDX-License-Identifier: Apache-2.0
/// The JSON that a captured cache carries in its safetensors metadata.
#include "engine/cache_file_header.h"

#include <array>
#include <nlohmann/json.hpp>

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/strict_json.h"
#include "profiling/records/json.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

constexpr int64_t kVersion = 1;
constexpr size_t kLongestName = 200;

Status checkModelValue(const std::string& label, const std::string& key, const json& value) {
  const std::string place = sentence("{}: model.{}", label, key);
  if (value.is_number() && value.get<double>() < 0) {
    return failure(ErrorKind::bad_input,
                   sentence("{} is {}, it cannot be negative", place, printable(value.dump(), 40)));
  }
  if (value.is_string() && value.get_ref<const std::string&>().size() > kLongestName) {
    return failure(ErrorKind::bad_input,
                   sentence("{} has {} bytes, at most {} are allowed", place,
                            value.get_ref<const std::string&>().size(), kLongestName));
  }
  return {};
}

/// The header's keys over a shape's defaults.
Result<ModelShape> modelOf(const std::string& label, const json& stated) {
  json shape = json::parse(toJson(ModelShape{}));
  for (const auto& [key, value] : stated.items()) {
    if (!shape.contains(key) || value.is_null()) continue;
    if (const Status fits = checkModelValue(label, key, value); !fits) return Failure(fits.error());
    shape[key] = value;
  }
  auto model = modelShapeFromJson(shape.dump());
  if (model) return model;
  return failure(ErrorKind::bad_input, sentence("{}: {}", label, model.error().message));
}

/// What the tensors know themselves stands; a header that says otherwise is of another file.
Status settleWithTensors(const std::string& label, ModelShape& stated, const ModelShape& tensors) {
  struct Size {
    const char* key;
    int64_t ModelShape::*member;
  };
  constexpr std::array kSizes{
      Size{"num_layers", &ModelShape::num_layers}, Size{"num_kv_heads", &ModelShape::num_kv_heads},
      Size{"head_dim", &ModelShape::head_dim}, Size{"kv_lora_rank", &ModelShape::kv_lora_rank},
      Size{"qk_rope_head_dim", &ModelShape::qk_rope_head_dim}};
  for (const auto& [key, member] : kSizes) {
    const int64_t said = stated.*member;
    const int64_t found = tensors.*member;
    // Latents know nothing of heads, so what is said of them stands.
    if (said == 0 || (tensors.isMla() && found == 0)) continue;
    if (said != found) {
      return failure(ErrorKind::bad_input,
                     sentence("{}: model.{} is {}, the tensors have {}", label, key, said, found));
    }
  }
  stated.num_layers = tensors.num_layers;
  stated.kv_lora_rank = tensors.kv_lora_rank;
  stated.qk_rope_head_dim = tensors.qk_rope_head_dim;
  if (!tensors.isMla()) {
    stated.num_kv_heads = tensors.num_kv_heads;
    stated.head_dim = tensors.head_dim;
  }
  return {};
}

std::string sourceOf(ConfigReader& header) {
  const json* source = header.object("source");
  if (source == nullptr) return {};
  ConfigReader reader(header.label() + ": source", *source);
  const std::string program = reader.optionalText("program").value_or("");
  const std::string version = reader.optionalText("version").value_or("");
  if (!reader.good()) header.refuseWith(reader.status().error());
  return printable(program + (version.empty() ? "" : " " + version), kLongestName);
}

void readTokens(ConfigReader& header, CacheFileInfo& info) {
  std::vector<std::string> tokens = header.texts("tokens");
  const auto count = static_cast<int64_t>(tokens.size());
  if (count == 0) return;
  if (count != info.seq_len) {
    return header.refuse(
        sentence("tokens has {} texts, the tensors have {} tokens", count, info.seq_len));
  }
  info.tokens = std::move(tokens);
}

}  // namespace

std::string cacheFileHeader(const ModelShape& model, const Provenance& provenance) {
  const json header{{"version", kVersion},
                    {"model", json::parse(toJson(model))},
                    {"source", {{"program", provenance.program}, {"version", provenance.version}}},
                    {"tokens", provenance.tokens}};
  return header.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
}

Status readCacheFileHeader(const std::string& label,
                           const std::map<std::string, std::string>& metadata,
                           CacheFileInfo& info) {
  const auto found = metadata.find(kCacheFileKey);
  if (found == metadata.end()) return {};
  const std::string place = label + ": " + kCacheFileKey;
  constexpr int64_t kMaxValues = 4'000'000;  // a text per token
  const auto parsed = parseStrictJson(place, found->second, {.max_values = kMaxValues});
  if (!parsed) return Failure(parsed.error());
  ConfigReader header(place, *parsed);
  header.integer("version", {kVersion, kVersion});
  info.source = sourceOf(header);
  readTokens(header, info);
  const json* stated = header.object("model");
  if (!header.good()) return header.status();
  if (stated == nullptr) return {};
  auto model = modelOf(place, *stated);
  if (!model) return Failure(model.error());
  const Status fits = settleWithTensors(place, *model, info.model);
  if (!fits) return fits;
  if (model->name.empty()) model->name = info.model.name;
  info.model = std::move(*model);
  return {};
}

}  // namespace xkv
