// SPDX-License-Identifier: Apache-2.0
/// Options that several commands share: prompt, compression, engine.
#include "app/cli/option_groups.h"

#include "app/cli/layer_group_list.h"
#include "app/cli/option_kinds.h"
#include "engine/text/chat_template.h"
#include "profiling/records/sentence.h"

namespace xkv::cli {
namespace {

constexpr const char* kPrompt = "Prompt";
constexpr const char* kCompression = "Compression";
constexpr const char* kEngine = "Engine";

void addLayerRange(CLI::App& app, CompressionConfig& config) {
  addNumber<int64_t>(app, spellings("start-layer", {"start_layer_idx", "start-layer-idx"}),
                     config.start_layer, -1,
                     "First layer that is compressed; -1 = 0, with minicache half of the layers")
      ->default_str("-1")
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
  addNumber<double>(app, spellings("target-error"), config.target_error, 0.0,
                    "Instead of ranks: each group gets the smallest rank whose relative error is at "
                    "most this",
                    1.0)
      ->group(kCompression);
  addNumber<double>(app, spellings("target-energy"), config.target_energy, 0.0,
                    "Instead of ranks: each group gets the smallest rank that holds this share of "
                    "its energy",
                    1.0)
      ->group(kCompression);
  addWord<FactorBackend>(
      app, spellings("factor-backend"), config.factor_backend,
      {FactorBackend::exact, FactorBackend::gram_evd, FactorBackend::gram_subspace,
       FactorBackend::randomized},
      "How a group is factored: LAPACK's SVD, all eigenvectors of its Gram matrix, a Krylov "
      "subspace of that matrix, or a random sketch with two power steps, as upstream does")
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
  const std::string start =
      others.empty() ? "" : "auto, the default with --messages, takes the model's own; xkv run puts "
                            "--prompt and each --turn through it too, by default raw. ";
  app.add_option_function<std::string>(
         "--template", take,
         start + "The chat template: " + chatTemplateNames() +
             "; raw joins the contents by newlines and drops the roles")
      ->type_name("NAME")
      ->group(kPrompt);
}

CLI::Option* addBits(CLI::App& app, const std::string& name, int64_t& bits,
                     const std::string& help) {
  const std::string flag = "--" + name;
  const auto take = [&bits, flag](const std::string& text) {
    if (text != "8" && text != "4") refuseValue(flag, text, "8 or 4");
    bits = text == "8" ? 8 : 4;
  };
  return app.add_option_function<std::string>(spellings(name), take, help)
      ->type_name("8|4")
      ->group(kCompression);
}

void addQuantisation(CLI::App& app, CompressionConfig& config) {
  addBits(app, "token-basis-bits", config.token_basis_bits,
          "Keep the token basis A as codes of this many bits; default: as --factor-dtype");
  addBits(app, "layer-factor-bits", config.layer_factor_bits,
          "Keep the layer factors B as codes of this many bits");
}

void addRecompression(CLI::App& app, CompressionConfig& config) {
  addNumber<int64_t>(app, spellings("recompress-after"), config.recompress_after, 0,
                     "Factor new tokens in segments of this many; 0 = they stay dense, as in the "
                     "paper",
                     1'000'000'000)
      ->default_str("0")
      ->group(kCompression);
  addNumber<double>(app, spellings("recompress-residual"), config.recompress_residual, 0.0,
                    "A segment extends its group's basis where projecting it loses more than this",
                    1.0)
      ->default_str("0.1")
      ->group(kCompression);
}

void addSlerp(CLI::App& app, CompressionConfig& config) {
  addNumber<double>(app, spellings("slerp-t"), config.slerp_t, 0.0,
                    "minicache: where between two layers their shared direction lies", 1.0)
      ->default_str("0.5")
      ->group(kCompression);
  addNumber<double>(app, spellings("slerp-gamma"), config.slerp_gamma, 0.0,
                    "minicache: rows whose angle is above min + gamma x (max - min) diverge", 1.0)
      ->default_str("0.05")
      ->group(kCompression);
  addWord<SlerpKeep>(app, spellings("slerp-keep"), config.slerp_keep,
                     {SlerpKeep::divergent, SlerpKeep::upstream},
                     "minicache: rows that keep their originals: those that diverge, as the paper "
                     "says, or the others, as upstream's code does")
      ->default_str("divergent")
      ->group(kCompression);
}

void addSelection(CLI::App& app, SelectiveConfig& config) {
  constexpr int64_t kMost = 1'000'000'000;
  addNumber<int64_t>(app, spellings("budget"), config.budget, 1,
                     "xkv-sr, xk-sr: tokens of the prompt that each step chooses per KV head", kMost)
      ->default_str("2048")
      ->group(kCompression);
  addNumber<int64_t>(app, spellings("chunk"), config.chunk, 1,
                     "xkv-sr, xk-sr: tokens of a chunk, which are chosen together", kMost)
      ->default_str("8")
      ->group(kCompression);
  addNumber<int64_t>(app, spellings("local-chunks"), config.local_chunks, 0,
                     "xkv-sr, xk-sr: last chunks of the prompt, which stay exact", kMost)
      ->default_str("4")
      ->group(kCompression);
  addNumber<int64_t>(app, spellings("outlier-chunks"), config.outlier_chunks, 0,
                     "xkv-sr, xk-sr: chunks per KV head that stay exact because their landmark stands for "
                     "them badly; default 24 per 1,024 tokens of the budget",
                     kMost)
      ->group(kCompression);
  addWord<LandmarkForm>(app, spellings("landmarks"), config.landmarks,
                        {LandmarkForm::cache, LandmarkForm::int8},
                        "xkv-sr, xk-sr: landmarks in the cache's element type, or as bytes with a scale each")
      ->default_str("cache")
      ->group(kCompression);
  app.add_flag(spellings("share-selection"), config.share_selection,
               "xkv-sr, xk-sr: one selection for all KV heads of a layer")
      ->group(kCompression);
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
  addWord<Method>(app, "--method", options.config.method,
                  {Method::dense, Method::xkv, Method::minicache, Method::xkv_sr, Method::xk_sr},
                  "What the cache is: dense, compressed by xKV, pairs of layers merged by MiniCache, or "
                  "compressed by xKV and read by Selective Reconstruction (xk-sr keeps the values dense)")
      ->default_str("xkv")
      ->group(kCompression);
  addGroups(app, options);
  addFactors(app, options.config);
  addQuantisation(app, options.config);
  addRecompression(app, options.config);
  addSlerp(app, options.config);
  addSelection(app, options.config.selective);
  addMergeFlags(app, options);
  addLayerRange(app, options.config);
  app.add_option(
         "--config", options.config_file,
         "Groups and ranks from a YAML file with upstream's keys; --rank-k, --rank-v and the "
         "merge flags go before what it says")
      ->type_name("FILE.yaml")
      ->group(kCompression);
}

void addFollowOption(CLI::App& app, bool& follow_symlinks) {
  app.add_flag(spellings("follow-symlinks"), follow_symlinks,
               "Read files of the folder that are links to elsewhere; without it only links into the folder "
               "and its own Hugging Face repository are followed")
      ->group(kEngine);
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
  addFollowOption(app, options.follow_symlinks);
  addDtypeOption(app, options.dtype, "Element type of weights, activations and cache");
  addNumber<int64_t>(app, spellings("prefill-chunk"), options.prefill_chunk, 1,
                     "Tokens of the prompt that pass a layer at a time")
      ->default_str("512")
      ->group(kEngine);
  addComputeOptions(app, options.device, options.num_threads);
}

namespace {

Status settleTarget(const CompressionOptions& options) {
  const CompressionConfig& config = options.config;
  if (config.target_error && config.target_energy)
    return failure(ErrorKind::usage,
                   "--target-error and --target-energy are both given; one is needed");
  const auto& target = config.target_error ? config.target_error : config.target_energy;
  const std::string flag = config.target_error ? "--target-error" : "--target-energy";
  if (!target) return {};
  if (*target <= 0 || *target >= 1)
    return failure(ErrorKind::usage,
                   sentence("{} is {}, a number between 0 and 1 is needed", flag, *target));
  for (const char* rank : {"--rank-k", "--rank-v"})
    if (options.given(rank))
      return failure(ErrorKind::usage, flag + " chooses the ranks; " + rank +
                                           " cannot stand beside it");
  return {};
}

}  // namespace

namespace {

Status settleSelection(const CompressionOptions& options) {
  const SelectiveConfig& config = options.config.selective;
  if (!isSelective(options.config.method) || config.budget % config.chunk == 0) return {};
  return failure(ErrorKind::usage,
                 sentence("--budget is {} tokens, a multiple of --chunk's {} is needed", config.budget,
                          config.chunk));
}

}  // namespace

Status settle(CompressionOptions& options) {
  CompressionConfig& config = options.config;
  if (const Status selection = settleSelection(options); !selection) return selection;
  if (options.merge_key_given || options.merge_value_given) {
    config.merge_key = options.merge_key_given;
    config.merge_value = options.merge_value_given;
  }
  const auto given = [&](std::string_view flag) { return options.given(flag); };
  if (config.method == Method::dense && options.config_file)
    return failure(ErrorKind::usage, "--method dense and --config contradict each other");
  if (config.method == Method::minicache && given("--layer-group-size") &&
      config.layer_group_size != 2)
    return failure(ErrorKind::usage, "--method minicache merges pairs of layers; --layer-group-size " +
                                         std::to_string(config.layer_group_size) + " cannot be");
  if (given("--recompress-residual") && config.recompress_after == 0)
    return failure(ErrorKind::usage, "--recompress-residual needs --recompress-after");
  if (const Status target = settleTarget(options); !target) return target;
  // As the default value would do, but so that the spec of a run with xkv says 0.
  if (config.start_layer == -1 && config.method != Method::minicache) config.start_layer = 0;
  if (config.method == Method::minicache && !given("--start-layer")) config.start_layer = -1;
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

Status settle(const PromptOptions& options, bool with_template) {
  const int given = options.prompt.has_value() + options.prompt_ids.has_value() +
                    options.chat.messages.has_value();
  const char* needed = "one of --prompt, --prompt-ids and --messages is needed";
  if (given > 1)
    return failure(ErrorKind::usage, std::to_string(given) + " prompts are given; " + needed);
  const ChatArguments& chat = options.chat;
  const bool says_how = chat.date_string || chat.enable_thinking;
  if (chat.template_name && !chat.messages && !with_template)
    return failure(ErrorKind::usage, "--template needs --messages");
  if (says_how && !chat.messages && !chat.template_name)
    return failure(ErrorKind::usage,
                   std::string("--date-string and --enable-thinking need --messages") +
                       (with_template ? " or --template" : ""));
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
