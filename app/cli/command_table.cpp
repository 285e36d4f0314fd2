// SPDX-License-Identifier: Apache-2.0
/// Every command and option of xkv with its text: parser, --help and manual read this one table.
#include "app/cli/command_table.h"

#include <map>

#include "app/cli/bench_options.h"
#include "app/cli/help_text.h"
#include "app/cli/make_model_options.h"
#include "app/cli/option_groups.h"
#include "app/cli/option_kinds.h"
#include "app/version.h"

namespace xkv::cli {
namespace {

constexpr const char* kCompression = "Compression";
constexpr const char* kGeneration = "Generation";
constexpr const char* kOutput = "Output";

CLI::App& addCommand(CLI::App& table, CommandLine& line, Command command, const std::string& name,
                     const std::string& summary) {
  CLI::App& app = *table.add_subcommand(name, summary);
  app.parse_complete_callback([&line, command] { line.command = command; });
  return app;
}

void addSessionFile(CLI::App& app, std::string& session) {
  app.add_option("session", session, "The session file")->type_name("F.xkv")->required();
}

void addQuiet(CLI::App& app, bool& quiet) {
  app.add_flag("--quiet", quiet, "No progress and no notices on standard error")->group(kOutput);
}

void addMaxNewTokens(CLI::App& app, int64_t& max_new_tokens) {
  addNumber<int64_t>(app, spellings("max-new-tokens"), max_new_tokens, 0, "Tokens to generate")
      ->default_str("32")
      ->group(kGeneration);
}

void addSampling(CLI::App& app, RunOptions& run) {
  addMaxNewTokens(app, run.max_new_tokens);
  addNumber<double>(app, "--temperature", run.sampling.temperature, 0.0, "0 = greedy", 1e6)
      ->default_str("0")
      ->group(kGeneration);
  addNumber<int64_t>(app, spellings("top-k"), run.sampling.top_k, 0,
                     "Sample among this many most probable tokens; 0 = all")
      ->default_str("0")
      ->group(kGeneration);
  addNumber<double>(app, spellings("top-p"), run.sampling.top_p, 0.0,
                    "Sample among the most probable tokens that hold this share", 1.0)
      ->default_str("1")
      ->group(kGeneration);
  addNumber<uint64_t>(app, "--seed", run.sampling.seed, 0, "Seed of the sampler")
      ->default_str("0")
      ->group(kGeneration);
  app.add_option("--stop", run.stop, "End the generation at this text; may be given several times")
      ->type_name("TEXT")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(kGeneration);
}

void addTurns(CLI::App& app, std::vector<std::string>& turns) {
  app.add_option("--turn", turns,
                 "What the user says after the answer, over the same cache: text, @FILE or -, as "
                 "--prompt; may be given several times")
      ->type_name("TEXT|@FILE|-")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(kGeneration);
}

void addRunOutput(CLI::App& app, std::optional<std::string>& session, bool& json, bool& quiet,
                  const std::string& what_json = "The whole run as one JSON object") {
  app.add_option("--session", session, "Append the run to this session; each result as it comes")
      ->type_name("F.xkv")
      ->group(kOutput);
  app.add_flag("--json", json, what_json + " on standard output")->group(kOutput);
  addQuiet(app, quiet);
}

void addAnalysis(CLI::App& app, std::optional<AnalysisScope>& analysis, const std::string& all) {
  addWord<AnalysisScope>(
      app, "--analysis", analysis, {AnalysisScope::none, AnalysisScope::group, AnalysisScope::all},
      "none: smallest memory. group: spectra of the run's own groups. all: CKA, all group sizes, the run's own groups" +
          all + "; it keeps every dense row. Default: all up to 16384 prompt tokens, else group")
      ->group(kOutput);
}

void addRun(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::run, "run",
                             "Run a prompt over a compressed cache and measure what it costs");
  RunOptions& run = line.run;
  addPromptOptions(app, run.prompt);
  addCompressionOptions(app, run.compression);
  addSampling(app, run);
  addTurns(app, run.turns);
  addEngineOptions(app, run.engine);
  addAnalysis(app, run.analysis, " and the comparison with the dense cache");
  addRunOutput(app, run.session, run.json, run.quiet);
}

void addAnalyse(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::analyse, "analyse",
                             "Analyse a cache that was captured elsewhere, without its model");
  AnalyseOptions& analyse = line.analyse;
  app.add_option("cache", analyse.cache_file,
                 "The captured cache, as xkv capture and tools/export_kv.py write it")
      ->type_name("F.safetensors")
      ->required();
  addCompressionOptions(app, analyse.compression);
  addComputeOptions(app, analyse.device, analyse.num_threads);
  addAnalysis(app, analyse.analysis, "");
  addRunOutput(app, analyse.session, analyse.json, analyse.quiet);
}

void addDuel(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::duel, "duel",
                             "All methods at equal bytes on one prompt, side by side");
  DuelOptions& duel = line.duel;
  addPromptOptions(app, duel.prompt);
  addNumber<double>(app, "--ratio", duel.ratio, 1.0,
                    "Each method gets the dense cache's bytes divided by this", 1e6)
      ->group(kCompression);
  addNumber<int64_t>(app, "--bytes", duel.bytes, 1, "Each method gets this many bytes")
      ->group(kCompression);
  addMaxNewTokens(app, duel.max_new_tokens);
  addEngineOptions(app, duel.engine);
  addRunOutput(app, duel.session, duel.json, duel.quiet, "The runs as an array of JSON objects");
}

void addCapture(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::capture, "capture",
                             "Write a prompt's cache as safetensors, for use elsewhere");
  CaptureOptions& capture = line.capture;
  addPromptOptions(app, capture.prompt);
  addCompressionOptions(app, capture.compression);
  addEngineOptions(app, capture.engine);
  app.add_option(spellings("force-ids"), capture.force_ids,
                 "Feed these tokens one by one over the cache that the options describe; writes "
                 "decode_logits")
      ->type_name("LIST|@FILE.json")
      ->group(kOutput);
  app.add_flag("--hidden", capture.hidden, "Also the hidden states: hidden.0 ... and hidden.final")
      ->group(kOutput);
  app.add_flag("--logits", capture.logits, "Also the logits of every prompt token")->group(kOutput);
  app.add_flag("--reconstructed", capture.reconstructed,
               "Also reconstructed.key.0 ...: what the factors give back")
      ->group(kOutput);
  app.add_option("--out", capture.out, "The file to write")
      ->type_name("F.safetensors")
      ->required()
      ->group(kOutput);
  addQuiet(app, capture.quiet);
}

void addShow(CLI::App& table, CommandLine& line) {
  CLI::App& app =
      addCommand(table, line, Command::show, "show", "Show the runs of a session, or one run");
  addSessionFile(app, line.show.session);
  addNumber<int64_t>(app, "--run", line.show.run, 1,
                     "The run to show; without it all runs are listed");
  app.add_flag("--json", line.show.json, "JSON: an array of summaries, or one run as one object");
}

void addExport(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::export_run, "export",
                             "Write one run of a session as CSV files or as JSON");
  ExportOptions& options = line.export_run;
  addSessionFile(app, options.session);
  addNumber<int64_t>(app, "--run", options.run, 1, "The run to write; default: the last one");
  app.add_option("--csv", options.csv_dir, "A folder for one CSV file per kind of result")
      ->type_name("DIR");
  app.add_option("--json", options.json_file, "A file for the whole run; - = standard output")
      ->type_name("FILE");
}

void addInfo(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::info, "info",
                             "Shape and bytes of a model, and what its cache will need");
  InfoOptions& info = line.info;
  app.add_option("model", info.model, "The model's folder")->type_name("DIR")->required();
  addNumber<int64_t>(
      app, "--tokens", info.tokens, 1,
      "Tokens in the cache; default: 4096, or the model's context where that is shorter");
  addFollowOption(app, info.follow_symlinks);
  addDtypeOption(app, info.dtype, "Element type of the cache");
  addCompressionOptions(app, info.compression);
  app.add_flag("--json", info.json, "One JSON object")->group(kOutput);
}

void addTokenize(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::tokenize, "tokenize",
                             "JSON strings on standard input to JSON arrays of token ids, or back");
  TokenizeOptions& options = line.tokenize;
  app.add_option("--model", options.model, "A folder with tokenizer.json")
      ->type_name("DIR")
      ->required();
  addFollowOption(app, options.follow_symlinks);
  CLI::Option* special =
      app.add_flag("--special", options.special, "Add bos and eos as the model does");
  CLI::Option* decode = app.add_flag("--decode", options.decode, "Arrays of ids in, strings out");
  app.add_flag(spellings("skip-special"), options.skip_special,
               "Leave special tokens out of the text")
      ->needs(decode);
  special->excludes(decode);
}

void addTemplate(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::chat_template, "template",
                             "A conversation as the text that a chat model was trained on");
  TemplateOptions& options = line.chat_template;
  app.add_option("--model", options.model, "A model's folder; its own template is used")
      ->type_name("DIR");
  addChatOptions(app, options.chat, "");
  app.add_flag(spellings("add-generation-prompt"), options.add_generation_prompt,
               "End where the assistant's next words begin");
}

void addMakeModel(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::make_model, "make-model",
                             "Write a model of real geometry with random weights, for measuring");
  addMakeModelOptions(app, line.make_model);
  addQuiet(app, line.make_model.quiet);
}

void addBench(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::bench, "bench",
                             "Measure this program on this machine, beside LibTorch");
  addBenchOptions(app, line.bench);
  app.add_flag("--json", line.bench.json, "Every sample as one JSON object on standard output")
      ->group(kOutput);
  addQuiet(app, line.bench.quiet);
}

CLI::App& addAction(CLI::App& session, CommandLine& line, SessionAction action,
                    const std::string& name, const std::string& summary) {
  CLI::App& app = *session.add_subcommand(name, summary);
  app.parse_complete_callback([&line, action] { line.session.action = action; });
  addSessionFile(app, line.session.session);
  const bool one_run = action != SessionAction::list && action != SessionAction::copy;
  if (one_run) addNumber<int64_t>(app, "--run", line.session.run, 1, "The run")->required();
  return app;
}

void addSession(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::session, "session",
                             "List, remove and copy runs; titles, notes and tags");
  SessionOptions& options = line.session;
  app.require_subcommand(1);
  addAction(app, line, SessionAction::list, "list", "List the runs")
      .add_flag("--json", options.json, "An array of JSON objects");
  addAction(app, line, SessionAction::remove, "remove", "Remove a run");
  addAction(app, line, SessionAction::copy, "copy", "Copy the session to one self-contained file")
      .add_option("copy", options.copy_to, "The new file")
      ->type_name("COPY.xkv")
      ->required();
  addAction(app, line, SessionAction::title, "title", "Give a run a title")
      .add_option("text", options.text, "The title; '' takes it away")
      ->required();
  addAction(app, line, SessionAction::note, "note", "Set the notes of a run")
      .add_option("text", options.text, "The notes; '' takes them away")
      ->required();
  addAction(app, line, SessionAction::tag, "tag", "Set the tags of a run")
      .add_option("tags", options.tags, "The tags; none takes them all away");
}

void addHelp(CLI::App& table, CommandLine& line) {
  CLI::App& app = addCommand(table, line, Command::print, "help", "This text in other forms");
  app.group("");
  const auto print = [&](const std::string& flag, std::string (*text)(const CLI::App&)) {
    app.add_flag_callback(flag, [&line, &table, text] { line.text = text(table); });
  };
  print("--man", manPageOf);
  print("--markdown", markdownOf);
  print("--bash-completion", bashCompletionOf);
  app.final_callback([&line, &table] {
    if (line.text.empty()) line.text = table.help();
  });
}

}  // namespace

CommandNotes notesOf(const CLI::App& command) {
  static const std::map<std::string, CommandNotes> kNotes = {
      {"run",
       {"Loads a model, passes the prompt, factors each group of layers as it is complete, and "
        "generates "
        "over the compressed cache. The text goes to standard output as it is written, then a "
        "report. The "
        "first Ctrl-C stops at the next safe point and keeps what was finished; the second stops "
        "now. "
        "Upstream's spellings of the options (--layer_group_size, --merge_k, --start_layer_idx, "
        "...) are "
        "accepted too.",
        "xkv run --model demo-model --prompt @needle.txt\n"
        "xkv run --model demo-model --prompt @needle.txt --rank-k 48 --rank-v 72 --session f.xkv\n"
        "xkv run --model demo-model --prompt - --method dense --json < needle.txt\n"
        "xkv run --model demo-model --messages @chat.json"}},
      {"analyse",
       {"The file is safetensors: key.{layer} and value.{layer} (seq_len, num_kv_heads, head_dim), "
        "or of latent attention latent.{layer} and rope_key.{layer} (seq_len, width), before RoPE "
        "and before the latent's norm, all of one dtype: F32, BF16 or F16. Optional are input_ids "
        "(seq_len) and the metadata key xkv_cache with JSON: {\"version\": 1, \"model\": "
        "{\"name\", \"model_type\", \"rope_theta\", ...}, \"source\": {\"program\", "
        "\"version\"}, \"tokens\": [text of each token]}. CKA, spectra, errors, real factors and "
        "bytes are measured as in a run; tokens, texts, KL and latency need the model and are left "
        "out.",
        "xkv analyse cache.safetensors\n"
        "xkv analyse cache.safetensors --rank-k 48 --rank-v 72 --session f.xkv"}},
      {"duel",
       {"Runs dense, Single SVD, xKV-2, xKV-4, xKV-8, keys only and values only on the same "
        "prompt, "
        "each at the largest ranks (rank_k : rank_v = 1 : 1.5) whose factors fit the bytes; a "
        "method "
        "that cannot come down to them keeps its own and the table says so. Every run is tagged "
        "duel. Generation is greedy.",
        "xkv duel --model demo-model --prompt @needle.txt --ratio 4 --session f.xkv\n"
        "xkv duel --model demo-model --prompt @needle.txt --bytes 200000"}},
      {"capture",
       {"Writes input_ids, and per layer key.{l} and value.{l} (seq_len, num_kv_heads, head_dim), "
        "or latent.{l} and rope_key.{l} (seq_len, width) of latent attention, before RoPE and "
        "before the latent's norm, always the originals; more as the options ask. With "
        "--prompt-ids no tokenizer is "
        "needed. xkv analyse reads the file.",
        "xkv capture --model demo-model --prompt-ids 5,7,9 --hidden --logits --out "
        "cache.safetensors"}},
      {"show", {"", "xkv show f.xkv\nxkv show f.xkv --run 2 --json"}},
      {"export",
       {"The CSV files are run.csv, cka.csv, spectrum.csv, layer_error.csv, reconstruction.csv, "
        "memory.csv, tokens.csv, recompression.csv, selection.csv, divergence.csv, latency.csv, "
        "timeline.csv and cache_bytes.csv; files of these names are replaced, others are left "
        "alone.",
        "xkv export f.xkv --run 2 --csv results\nxkv export f.xkv --json run.json"}},
      {"info",
       {"", "xkv info demo-model --tokens 65536\nxkv info demo-model --layer-group-size 8 --json"}},
      {"tokenize",
       {"One line in, one line out, in the same order. JSON out is ASCII.",
        "echo '\"Hello\"' | xkv tokenize --model demo-model --special"}},
      {"template",
       {"Writes exactly the text, no newline behind it. The templates are built in and write what "
        "the families' own Jinja texts write when no tools are defined; a model's own is "
        "recognised "
        "by its chat_template, else by its special tokens and model_type. A family without a "
        "built-in template is raw, and standard error says so.",
        "xkv template --template qwen3 --messages @chat.json --add-generation-prompt\n"
        "xkv template --model demo-model --messages '[{\"role\": \"user\", \"content\": "
        "\"Hi\"}]'"}},
      {"make-model",
       {"Writes config.json, marked with \"xkv_random_weights\": true, and safetensors; every result "
        "from such a model says that its weights are random, because what it answers means nothing. "
        "Matrices have standard deviation 1/sqrt(fan-in), so that activations stay finite. No "
        "tokenizer is written: prompts are given by --prompt-ids. The same options give the same "
        "bytes.",
        "xkv make-model --like llama-8b --layers 4 --out llama-4\n"
        "xkv make-model --like custom --layers 16 --hidden-size 1024 --intermediate-size 2816 "
        "--num-heads 16 --num-kv-heads 8 --out small"}},
      {"bench",
       {"Subjects: factor (every factorization back end beside LibTorch's linalg_svd and "
        "svd_lowrank), analysis (as a share of the prefill), prefill and decode (of a random Llama "
        "of 197 million bf16 weights, or of --model), attention (one decode step of one layer of 8B "
        "geometry beside the best of LibTorch's ways), what-if (the arithmetic of one frame). "
        "Schemes take turns: one round to warm up, then --repeat rounds; shown are the median, the "
        "quartiles, the number of samples, and how many times as fast as a rival each is. Ctrl-C "
        "stops and shows what is finished.",
        "xkv bench factor\nxkv bench prefill decode --tokens 2048 --json\n"
        "xkv bench attention --tokens 131072 --scheme low-rank --scheme grouped-products"}},
      {"serve",
       {"Speaks frames over standard input and output: a length of 4 bytes, then CBOR. The window "
        "starts it; "
        "it can also be started over ssh.",
        ""}},
      {"session",
       {"",
        "xkv session list f.xkv\nxkv session tag f.xkv --run 2 baseline long\n"
        "xkv session copy f.xkv backup.xkv"}},
  };
  const auto found = kNotes.find(command.get_name());
  return found == kNotes.end() ? CommandNotes{} : found->second;
}

std::unique_ptr<CLI::App> makeCommandTable(CommandLine& line) {
  auto table = std::make_unique<CLI::App>(
      "How far can a model's KV cache be compressed, and what does it cost?", "xkv");
  table->require_subcommand(1);
  addRun(*table, line);
  addAnalyse(*table, line);
  addDuel(*table, line);
  addShow(*table, line);
  addExport(*table, line);
  addInfo(*table, line);
  addCapture(*table, line);
  addTokenize(*table, line);
  addTemplate(*table, line);
  addSession(*table, line);
  addMakeModel(*table, line);
  addBench(*table, line);
  addCommand(*table, line, Command::serve, "serve",
             "The engine behind the window: frames in, frames out");
  addHelp(*table, line);
  useHelpText(*table, kVersion);
  return table;
}

}  // namespace xkv::cli
