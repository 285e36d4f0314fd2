// SPDX-License-Identifier: Apache-2.0
/// Options that several commands share: prompt, compression, engine.
#include "app/cli/option_groups.h"

#include "app/cli/layer_group_list.h"
#include "app/cli/option_kinds.h"
#include "engine/text/chat_template.h"

namespace xkv::cli {
namespace {

constexpr const char* kPrompt = "Prompt";
constexpr const char* kCompression = "Compression";
constexpr const char* kEngine = "Engine";

void addLayerRange(CLI::App& app, CompressionConfig& config) {
  addNumber<int64_t>(app, spellings("start-layer", {"start_layer_idx", "start-layer-idx"}),
                     config.start_layer, 0, "First layer that is compressed")
      ->default_str("0")
      ->group(kCompression);
  addNumber<int64_t>(app, spellings("end-layer", {"end_layer_idx", "end-layer-idx"}),
                     config.end_layer, -1,
                     "Last layer that is compressed; -1 = the last of the model")
      ->default_str("-1")
      ->group(kCompression);
}

void addMergeFlags(CLI::App& app, CompressionOptions& options) {
  app.add_flag(spellings("merge-key", {"merge_k", "merge-k"}), options.merge_key_given,
               "Compress keys, or the latents of latent attention (MLA). With neither merge flag, "
               "keys and values are compressed, or the latents only")
      ->group(kCompression);
  app.add_flag(spellings("merge-value", {"merge_v", "merge-v"}), options.merge_value_given,
               "Compress values, or the RoPE keys of latent attention")
      ->group(kCompression);
}

void addGroups(CLI::App& app, CompressionOptions& options) {
  addNumber<int64_t>(app, spellings("layer-group-size"), options.config.layer_group_size, 1,
                     "Adjacent layers that are factored together")
      ->default_str("4")
      ->group(kCompression);
  app.add_option_function<std::string>(
         spellings("layer-groups"),
         [&options](const std::string& text) {
           const auto groups = layerGroupsFrom(text);
           if (!groups) throw CLI::ValidationError(groups.error().message);
           options.config.layer_groups = *groups;
         },
         "Groups of your own, first-last[:rank_k[:rank_v]], for example 0-3:24:36,4-5,6-7::48")
      ->type_name("LIST")
      ->group(kCompression);
}

void addFactors(CLI::App& app, CompressionConfig& config) {
  addNumber<int64_t>(app, spellings("rank-k"), config.rank_k, 1,
                     "Rank of a group's keys or latents; default 0.375 x their width in one layer "
                     "x group size / 4")
      ->group(kCompression);
  addNumber<int64_t>(app, spellings("rank-v"), config.rank_v, 1,
                     "Rank of a group's values or RoPE keys; default 1.5 times as large a share")
      ->group(kCompression);
  addWord<FactorBackend>(
      app, spellings("factor-backend"), config.factor_backend,
      {FactorBackend::exact, FactorBackend::gram_evd, FactorBackend::gram_subspace},
      "How a group is factored: LAPACK's SVD, the eigenvalues of its Gram matrix, or subspace "
      "iteration")
      ->default_str("gram-subspace")
      ->group(kCompression);
  addWord<Dtype>(app, spellings("factor-dtype"), config.factor_dtype,
                 {Dtype::fp32, Dtype::bf16, Dtype::fp16},
                 "Element type of the factors; default: that of the run")
      ->group(kCompression);
}

void addTemplateName(CLI::App& app, ChatArguments& chat, const std::string& others) {
  const auto take = [&chat, others](const std::string& name) {
    const bool is_other = !others.empty() && name == others;
    if (!is_other && !chatTemplateNamed(name))
      refuseValue("--template", name,
                  "one of " + (others.empty() ? "" : others + ", ") + chatTemplateNames());
    chat.template_name = name;
  };
  const std::string start = others.empty() ? "" : "auto (the default) takes the model's own. ";
  app.add_option_function<std::string>(
         "--template", take,
         start + "The chat template: " + chatTemplateNames() +
             "; raw joins the contents by newlines and drops the roles")
      ->type_name("NAME")
      ->group(kPrompt);
}

}  // namespace

void addChatOptions(CLI::App& app, ChatArguments& chat, const std::string& others) {
  app.add_option(
         "--messages", chat.messages,
         "A conversation, [{\"role\": \"user\", \"content\": \"Hi\"}, ...]: JSON, @FILE.json, "
         "or - for standard input")
      ->type_name("JSON|@FILE.json|-")
      ->group(kPrompt);
  addTemplateName(app, chat, others);
  app.add_option(spellings("date-string"), chat.date_string,
                 "Today's date in the system prompt of llama3.1; default: 26 Jul 2024")
      ->type_name("TEXT")
      ->group(kPrompt);
  addTrueOrFalse(app, spellings("enable-thinking"), chat.enable_thinking,
                 "false: qwen3 answers without thinking")
      ->default_str("true")
      ->group(kPrompt);
}

void addPromptOptions(CLI::App& app, PromptOptions& options) {
  app.add_option("--prompt", options.prompt,
                 "The prompt: text, @FILE, or - for standard input; a text that begins with @ is "
                 "written @@. One newline at the end of a file is dropped")
      ->type_name("TEXT|@FILE|-")
      ->group(kPrompt);
  app.add_option(spellings("prompt-ids"), options.prompt_ids,
                 "The prompt as token ids, used as they are: 5,7,9 or a file with a JSON array")
      ->type_name("LIST|@FILE.json")
      ->group(kPrompt);
  addChatOptions(app, options.chat, "auto");
}

void addCompressionOptions(CLI::App& app, CompressionOptions& options) {
  addWord<Method>(app, "--method", options.config.method, {Method::dense, Method::xkv},
                  "What the cache is: dense, or compressed by xKV")
      ->default_str("xkv")
      ->group(kCompression);
  addGroups(app, options);
  addFactors(app, options.config);
  addMergeFlags(app, options);
  addLayerRange(app, options.config);
  app.add_option(
         "--config", options.config_file,
         "Groups and ranks from a YAML file with upstream's keys; --rank-k, --rank-v and the "
         "merge flags go before what it says")
      ->type_name("FILE.yaml")
      ->group(kCompression);
}

void addModelOption(CLI::App& app, std::string& model) {
  app.add_option("--model", model, "The model's folder: config.json, *.safetensors, tokenizer.json")
      ->type_name("DIR")
      ->required()
      ->group(kEngine);
}

void addDtypeOption(CLI::App& app, Dtype& dtype, const std::string& help) {
  addWord<Dtype>(app, "--dtype", dtype, {Dtype::fp32, Dtype::bf16, Dtype::fp16}, help)
      ->default_str("bf16")
      ->group(kEngine);
}

void addComputeOptions(CLI::App& app, Device& device, int64_t& num_threads) {
  addWord<Device>(app, "--device", device, {Device::cpu, Device::cuda}, "Where to compute")
      ->default_str("cpu")
      ->group(kEngine);
  addNumber<int64_t>(app, "--threads", num_threads, 0, "Threads; 0 = all cores", 4096)
      ->default_str("0")
      ->group(kEngine);
}

void addEngineOptions(CLI::App& app, EngineOptions& options) {
  addModelOption(app, options.model);
  addDtypeOption(app, options.dtype, "Element type of weights, activations and cache");
  addNumber<int64_t>(app, spellings("prefill-chunk"), options.prefill_chunk, 1,
                     "Tokens of the prompt that pass a layer at a time")
      ->default_str("512")
      ->group(kEngine);
  addComputeOptions(app, options.device, options.num_threads);
}

Status settle(CompressionOptions& options) {
  CompressionConfig& config = options.config;
  if (options.merge_key_given || options.merge_value_given) {
    config.merge_key = options.merge_key_given;
    config.merge_value = options.merge_value_given;
  }
  const auto given = [&](std::string_view flag) {
    for (const std::string& name : options.flags_given)
      if (name == flag) return true;
    return false;
  };
  if (config.method == Method::dense && options.config_file)
    return failure(ErrorKind::usage, "--method dense and --config contradict each other");
  for (const char* flag : {"--layer-group-size", "--start-layer", "--end-layer"}) {
    for (const char* list : {"--config", "--layer-groups"})
      if (given(flag) && given(list))
        return failure(ErrorKind::usage, std::string(list) + " names the layers; " + flag +
                                             " cannot stand beside it");
  }
  if (given("--config") && given("--layer-groups"))
    return failure(ErrorKind::usage, "--config and --layer-groups both name groups; one is needed");
  return {};
}

Status settle(const PromptOptions& options) {
  const int given = options.prompt.has_value() + options.prompt_ids.has_value() +
                    options.chat.messages.has_value();
  const char* needed = "one of --prompt, --prompt-ids and --messages is needed";
  if (given > 1)
    return failure(ErrorKind::usage, std::to_string(given) + " prompts are given; " + needed);
  const ChatArguments& chat = options.chat;
  const bool says_how = chat.template_name || chat.date_string || chat.enable_thinking;
  if (says_how && !chat.messages)
    return failure(ErrorKind::usage,
                   "--template, --date-string and --enable-thinking need --messages");
  if (given == 0) return failure(ErrorKind::usage, std::string("there is no prompt; ") + needed);
  return {};
}

Status settle(const TemplateOptions& options) {
  if (options.model.has_value() == options.chat.template_name.has_value())
    return failure(ErrorKind::usage, "one of --model and --template is needed");
  if (!options.chat.messages)
    return failure(ErrorKind::usage, "there is no conversation; --messages is needed");
  return {};
}

}  // namespace xkv::cli
