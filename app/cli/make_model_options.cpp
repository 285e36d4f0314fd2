// SPDX-License-Identifier: Apache-2.0
/// The options of `xkv make-model`.
#include "app/cli/make_model_options.h"

#include <algorithm>
#include <array>

#include "app/cli/option_kinds.h"
#include "profiling/records/sentence.h"

namespace xkv::cli {
namespace {

constexpr std::array kNeeded = {"--hidden-size", "--intermediate-size", "--num-heads"};

void addSizes(CLI::App& app, CustomSizes& sizes) {
  const auto size = [&](const char* name, auto& target, const char* help, const char* usual = "") {
    addNumber<int64_t>(app, spellings(name), target, 1, help)
        ->default_str(usual)
        ->group(kCustomSizes);
  };
  size("hidden-size", sizes.hidden_size, "Width of the hidden states; needed");
  size("intermediate-size", sizes.intermediate_size, "Width inside the MLP; needed");
  size("num-heads", sizes.num_heads, "Query heads; needed");
  size("num-kv-heads", sizes.num_kv_heads, "KV heads; default: as many as query heads");
  size("head-dim", sizes.head_dim, "Width of a head; default: hidden size / query heads");
  size("vocab-size", sizes.vocab_size, "Tokens of the vocabulary", "32000");
  size("max-position-embeddings", sizes.max_position_embeddings, "Tokens of the context", "131072");
  app.add_flag(spellings("tie-word-embeddings"), sizes.tie_word_embeddings,
               "One matrix for embedding and head")
      ->group(kCustomSizes);
}

}  // namespace

void addMakeModelOptions(CLI::App& app, MakeModelOptions& options) {
  RandomModelSpec& spec = options.spec;
  addWord<ModelLike>(app, "--like", spec.like,
                     {ModelLike::llama_8b, ModelLike::qwen2_5_7b, ModelLike::deepseek_v2_lite,
                      ModelLike::custom},
                     "Whose geometry; custom is a Llama of given sizes")
      ->required();
  addNumber<int64_t>(app, "--layers", spec.num_layers, 1,
                     "Layers; default: as many as the model has", 10'000);
  app.add_option("--out", spec.out, "The folder to make; it must not be there, or be empty")
      ->type_name("DIR")
      ->required();
  addWord<Dtype>(app, "--dtype", spec.dtype, {Dtype::bf16, Dtype::fp16, Dtype::fp32},
                 "Element type of the weights")
      ->default_str("bf16");
  addNumber<uint64_t>(app, "--seed", spec.seed, 0, "Seed of the weights")->default_str("0");
  addNumber<int64_t>(app, spellings("max-shard-bytes"), spec.max_shard_bytes, 1,
                     "Weights above this are split over several files")
      ->default_str("5000000000");
  addSizes(app, spec.custom);
}

Status settle(const MakeModelOptions& options) {
  const std::vector<std::string>& given = options.sizes_given;
  if (options.spec.like != ModelLike::custom) {
    if (given.empty()) return {};
    return failure(ErrorKind::usage, sentence("{} is for --like custom; {} has sizes of its own",
                                              given.front(), word(options.spec.like)));
  }
  if (!options.spec.num_layers) return failure(ErrorKind::usage, "--like custom needs --layers");
  for (const char* flag : kNeeded) {
    if (std::ranges::find(given, flag) == given.end())
      return failure(ErrorKind::usage, sentence("--like custom needs {}", flag));
  }
  return {};
}

}  // namespace xkv::cli
