// SPDX-License-Identifier: Apache-2.0
/// What a command line asks for, as plain values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/measuring_options.h"
#include "engine/engine.h"
#include "profiling/records/run_spec.h"

namespace xkv::cli {

enum class Command {
  print,
  run,
  analyse,
  duel,
  show,
  export_run,
  info,
  serve,
  capture,
  tokenize,
  chat_template,
  session,
  make_model,
  bench
};

/// A conversation, and how it becomes a text.
struct ChatArguments {
  std::optional<std::string> messages;       ///< JSON, @FILE or -
  std::optional<std::string> template_name;  ///< none or auto: the model's own
  std::optional<std::string> date_string;
  std::optional<bool> enable_thinking;
};

struct PromptOptions {
  std::optional<std::string> prompt;      ///< TEXT, @FILE or -
  std::optional<std::string> prompt_ids;  ///< 5,7,9 or @FILE.json
  ChatArguments chat;
};

/// How to compress. What a YAML file says stands below what a flag says.
struct CompressionOptions {
  CompressionConfig config;
  std::optional<std::string> config_file;
  bool merge_key_given = false;
  bool merge_value_given = false;
  std::vector<std::string> flags_given;  ///< names of the flags of this group that were used

  bool given(std::string_view flag) const {
    return std::ranges::find(flags_given, flag) != flags_given.end();
  }
};

/// Where and how exactly to compute.
struct EngineOptions {
  std::string model;
  Dtype dtype = Dtype::bf16;
  Device device = Device::cpu;
  int64_t prefill_chunk = RunSpec{}.prefill_chunk;
  int64_t num_threads = 0;
  bool follow_symlinks = false;

  ModelFolder folder() const { return {model, follow_symlinks}; }
};

struct RunOptions {
  EngineOptions engine;
  PromptOptions prompt;
  CompressionOptions compression;
  std::optional<AnalysisScope>
      analysis;  ///< none = all for prompts up to kAnalyseAllTokens, else group
  int64_t max_new_tokens = RunSpec{}.max_new_tokens;
  Sampling sampling;
  std::vector<std::string> stop;
  std::vector<std::string> turns;  ///< TEXT, @FILE or -
  std::optional<std::string> session;
  bool json = false;
  bool quiet = false;
};

/// A cache captured elsewhere.
struct AnalyseOptions {
  std::string cache_file;
  CompressionOptions compression;
  Device device = Device::cpu;
  int64_t num_threads = 0;
  std::optional<AnalysisScope> analysis;  ///< none = as RunOptions
  std::optional<std::string> session;
  bool json = false;
  bool quiet = false;
};

/// All methods at equal bytes on one prompt.
struct DuelOptions {
  EngineOptions engine;
  PromptOptions prompt;
  std::optional<double> ratio;   ///< dense bytes / target bytes
  std::optional<int64_t> bytes;  ///< of the prompt's cache
  int64_t max_new_tokens = RunSpec{}.max_new_tokens;
  std::optional<std::string> session;
  bool json = false;
  bool quiet = false;
};

struct CaptureOptions {
  EngineOptions engine;
  PromptOptions prompt;
  CompressionOptions compression;
  std::optional<std::string> force_ids;  ///< 5,7,9 or @FILE.json
  bool hidden = false;
  bool logits = false;
  bool reconstructed = false;
  std::string out;
  bool quiet = false;
};

struct ShowOptions {
  std::string session;
  std::optional<int64_t> run;
  bool json = false;
};

struct ExportOptions {
  std::string session;
  std::optional<int64_t> run;
  std::optional<std::string> csv_dir;
  std::optional<std::string> json_file;
};

struct InfoOptions {
  std::string model;
  bool follow_symlinks = false;
  std::optional<int64_t> tokens;
  Dtype dtype = Dtype::bf16;
  CompressionOptions compression;
  bool json = false;
};

struct TokenizeOptions {
  std::string model;
  bool follow_symlinks = false;
  bool special = false;
  bool decode = false;
  bool skip_special = false;
};

struct TemplateOptions {
  std::optional<std::string> model;
  ChatArguments chat;
  bool add_generation_prompt = false;
};

enum class SessionAction { list, remove, copy, title, note, tag };

struct SessionOptions {
  SessionAction action = SessionAction::list;
  std::string session;
  int64_t run = 0;
  std::string text;               ///< of a title or a note
  std::vector<std::string> tags;  ///< none = remove all tags
  std::string copy_to;
  bool json = false;
};

struct CommandLine {
  Command command = Command::print;
  std::string text;  ///< what Command::print prints
  RunOptions run;
  AnalyseOptions analyse;
  DuelOptions duel;
  CaptureOptions capture;
  ShowOptions show;
  ExportOptions export_run;
  InfoOptions info;
  TokenizeOptions tokenize;
  TemplateOptions chat_template;
  SessionOptions session;
  MakeModelOptions make_model;
  BenchOptions bench;
};

/// Prompts up to this many tokens are analysed whole unless --analysis says otherwise.
constexpr int64_t kAnalyseAllTokens = 16384;

}  // namespace xkv::cli
