// SPDX-License-Identifier: Apache-2.0
/// docs/models.md is what the readers really take and refuse; XKV_WRITE_DOCS=1 writes it again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/families/model_family.h"
#include "engine/checkpoint/rope_config.h"
#include "engine/text/tokenizer.h"
#include "profiling/records/stream_names.h"
#include "profiling/records/words.h"
#include "tests/engine/golden.h"

namespace xkv {
namespace {

using nlohmann::json;

json configOf(const std::string& reference_model) {
  return json::parse(std::ifstream(test::dataPath("models/" + reference_model + "/config.json")));
}

Result<ModelConfig> read(const json& config) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path("config.json")) << config.dump();
  return readModelConfig(folder.path());
}

/// "yes", or what the refusal says behind the file's name.
std::string verdict(const Result<ModelConfig>& config) {
  if (config) return "yes";
  const std::string& message = config.error().message;
  return "refused: " + message.substr(message.find("config.json: ") + 13);
}

std::string row(std::initializer_list<std::string> cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string yesOrNo(bool value) { return value ? "yes" : "no"; }

/// A reference model of each family, with everything that its config can ask for.
std::string referenceOf(const std::string& model_type) {
  if (model_type == "llama") return "llama_bias_mqa";
  return model_type == "deepseek_v2" ? "deepseek_v2_lite" : model_type;
}

std::string familyRows() {
  std::string text = row({"`model_type`", "models", "cached per layer", "bias", "q/k norm",
                          "sliding window", "experts"}) +
                     "|---|---|---|---|---|---|---|\n";
  for (const ModelFamily& family : modelFamilies()) {
    json asked = configOf(referenceOf(family.model_type));
    asked.update({{"attention_bias", true},
                  {"mlp_bias", true},
                  {"sliding_window", 64},
                  {"use_sliding_window", true},
                  {"max_window_layers", 1},
                  {"n_routed_experts", 8}});
    asked.erase("layer_types");
    const auto config = read(asked);
    EXPECT_TRUE(config) << (config ? "" : config.error().message);
    if (!config) continue;
    const auto [first, second] = config->shape.streams();
    std::string bias = config->query_key_value_bias ? "q, k, v" : "none";
    if (config->output_bias) bias += ", o";
    if (config->mlp_bias) bias += ", MLP";
    text += row({std::string("`") + family.model_type + "`", family.models,
                 std::string(pluralName(first)) + ", " + pluralName(second), bias,
                 yesOrNo(config->query_key_norm), yesOrNo(config->shape.sliding_window > 0),
                 yesOrNo(config->mixture.has_value())});
  }
  return text;
}

/// What a key of config.json may say.
std::string valueRows(const json& config, const char* key, const std::vector<json>& values) {
  std::string text;
  for (const json& value : values) {
    json changed = config;
    changed[key] = value;
    text += row({std::string("`") + key + "`", "`" + value.dump() + "`", verdict(read(changed))});
  }
  return text;
}

std::string refusedFamilies() {
  return valueRows(configOf("llama"), "model_type",
                   {"deepseek_v3", "gemma2", "gemma3", "gpt2", "llama4", "mixtral", "phi3",
                    "qwen2_moe", "qwen3_moe"});
}

std::string ropeRows() {
  std::string text;
  for (const char* type :
       {"default", "linear", "llama3", "yarn", "dynamic", "longrope", "mrope", "su"}) {
    json config = configOf("llama");
    config["rope_parameters"] = {{"rope_type", type},
                                 {"rope_theta", 10000.0},
                                 {"factor", 4.0},
                                 {"low_freq_factor", 1.0},
                                 {"high_freq_factor", 4.0},
                                 {"original_max_position_embeddings", 128}};
    text += row({std::string("`") + type + "`", verdict(read(config))});
  }
  return text;
}

std::string dtypeRows() {
  const std::vector<std::pair<std::string, int>> dtypes = {
      {"F32", 4}, {"F16", 2},     {"BF16", 2},    {"F64", 8}, {"F8_E4M3", 1},
      {"I64", 8}, {"F8_E5M2", 1}, {"I32", 4}, {"I8", 1},  {"U8", 1}, {"F4", 1}};
  std::string text;
  for (const auto& [dtype, bytes] : dtypes) {
    const test::TemporaryFolder folder;
    const std::string header = json{{"w", {{"dtype", dtype}, {"shape", {2}},
                                           {"data_offsets", {0, 2 * bytes}}}}}.dump();
    std::ofstream file(folder.path("model.safetensors"), std::ios::binary);
    const uint64_t size = header.size();
    file.write(reinterpret_cast<const char*>(&size), sizeof size);
    file << header << std::string(static_cast<size_t>(2 * bytes), '\0');
    file.close();
    const auto checkpoint = Checkpoint::open(folder.path());
    const bool used = checkpoint && checkpoint->tensor("w", {2}).has_value();
    text += row({"`" + dtype + "`", used ? "yes" : "refused, the tensor named"});
  }
  return text;
}

json tokenizer() {
  return {{"model",
           {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", {"a b"}}}}};
}

std::string tokenizerVerdict(const json& file) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path("tokenizer.json")) << file.dump();
  return Tokenizer::open(folder.path()) ? "yes" : "refused";
}

/// Every type that the Hugging Face library has for one part of tokenizer.json, with the fields it needs.
std::string partRows(const char* part, const std::vector<json>& types) {
  std::string text;
  for (const json& type : types) {
    json file = tokenizer();
    file[part] = type;
    text += row({std::string("`") + part + "`", "`" + type["type"].get<std::string>() + "`",
                 tokenizerVerdict(file)});
  }
  return text;
}

json typed(const char* type, json fields = json::object()) {
  fields["type"] = type;
  return fields;
}

const json kPattern = {{"String", "a"}};

std::string tokenizerRows() {
  json level = typed("WordLevel", {{"vocab", {{"a", 0}, {"<unk>", 1}}}, {"unk_token", "<unk>"}});
  json pieces = typed("WordPiece", {{"vocab", {{"a", 0}, {"[UNK]", 1}}},
                                    {"unk_token", "[UNK]"},
                                    {"continuing_subword_prefix", "##"},
                                    {"max_input_chars_per_word", 100}});
  json unigram = typed("Unigram", {{"vocab", {{"a", 0.0}}}, {"unk_id", 0}});
  std::string text = partRows("model", {tokenizer()["model"], level, pieces, unigram});
  text += partRows(
      "normalizer",
      {typed("NFC"), typed("NFD"), typed("NFKC"), typed("NFKD"), typed("Lowercase"),
       typed("Replace", {{"pattern", kPattern}, {"content", "b"}}),
       typed("Prepend", {{"prepend", "a"}}), typed("Sequence", {{"normalizers", json::array()}}),
       typed("Strip", {{"strip_left", true}, {"strip_right", true}}), typed("StripAccents"),
       typed("BertNormalizer", {{"clean_text", true},
                                {"handle_chinese_chars", true},
                                {"strip_accents", nullptr},
                                {"lowercase", true}}),
       typed("Precompiled", {{"precompiled_charsmap", ""}})});
  text += partRows(
      "pre_tokenizer",
      {typed("ByteLevel", {{"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}}),
       typed("Metaspace", {{"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}}),
       typed("Split", {{"pattern", kPattern}, {"behavior", "Isolated"}, {"invert", false}}),
       typed("Digits", {{"individual_digits", true}}),
       typed("Sequence", {{"pretokenizers", json::array()}}), typed("Whitespace"),
       typed("WhitespaceSplit"), typed("Punctuation", {{"behavior", "Isolated"}}),
       typed("BertPreTokenizer"), typed("CharDelimiterSplit", {{"delimiter", "a"}}),
       typed("UnicodeScripts")});
  text += partRows(
      "decoder",
      {typed("ByteLevel", {{"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}),
       typed("Metaspace", {{"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}}),
       typed("ByteFallback"), typed("Fuse"),
       typed("Replace", {{"pattern", kPattern}, {"content", "b"}}),
       typed("Strip", {{"content", "a"}, {"start", 1}, {"stop", 0}}),
       typed("Sequence", {{"decoders", json::array()}}),
       typed("WordPiece", {{"prefix", "##"}, {"cleanup", true}}),
       typed("BPEDecoder", {{"suffix", "</w>"}}),
       typed("CTC", {{"pad_token", "a"}, {"word_delimiter_token", "|"}, {"cleanup", true}})});
  return text;
}

std::string page() {
  std::string text =
      "# Models: what is supported and what is refused\n\n"
      "Made by `tests/engine/models_page_test.cpp` from what the readers really do; run it with\n"
      "`XKV_WRITE_DOCS=1` to write this page again. A refusal is one sentence that names the file and "
      "the value,\nand exit code 6.\n\n"
      "## Families\n\nWhat a config of the family can have; both spellings of `config.json` "
      "(transformers 4 and 5) are read.\n\n";
  text += familyRows() + "\n" + row({"key", "value", "taken"}) + "|---|---|---|\n" +
          refusedFamilies();
  text += valueRows(configOf("llama"), "hidden_act", {"silu", "gelu"});
  text += valueRows(configOf("llama"), "quantization_config", {json{{"bits", 4}}});
  const json deepseek = configOf("deepseek_v2");
  text += valueRows(deepseek, "topk_method", {"greedy", "group_limited_greedy", "noaux_tc"});
  text += valueRows(deepseek, "scoring_func", {"softmax", "sigmoid"});
  text += valueRows(deepseek, "norm_topk_prob", {false, true});
  text += valueRows(deepseek, "moe_layer_freq", {1, 2});
  text += "\n## RoPE\n\n" + row({"`rope_type`", "taken"}) + "|---|---|\n" + ropeRows();
  text += "\n## Weights\n\nAs `--dtype fp32`, `bf16` or `fp16`; weights of the dtype that is asked are "
          "used where they lie.\n\n" +
          row({"dtype in safetensors", "taken"}) + "|---|---|\n" + dtypeRows();
  text += "\n## tokenizer.json\n\n" + row({"part", "type", "taken"}) + "|---|---|---|\n" +
          tokenizerRows();
  return text;
}

TEST(ModelsPage, IsUpToDate) {
  const std::string path = XKV_SOURCE_DIR "/docs/models.md";
  const std::string made = page();
  if (std::getenv("XKV_WRITE_DOCS") != nullptr) std::ofstream(path) << made;
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), made) << "XKV_WRITE_DOCS=1 writes docs/models.md again";
}

}  // namespace
}  // namespace xkv
