// SPDX-License-Identifier: Apache-2.0
/// `xkv run`: one run, its results on the terminal and in a session.
#include <optional>

#include "app/cli/chat_prompt.h"
#include "app/cli/command_line.h"
#include "app/cli/commands.h"
#include "app/cli/compression_plan.h"
#include "app/cli/input_file.h"
#include "app/cli/interrupt.h"
#include "app/cli/run_listener.h"
#include "engine/text/tokenizer.h"
#include "profiling/records/json.h"

namespace xkv::cli {
namespace {

/// Tokens of the prompt, where they can be above the limit at all: no tokenizer that is supported
/// makes more tokens than bytes, but for the few that it adds.
std::optional<int64_t> tokensIfMany(const RunSpec& spec) {
  constexpr int64_t kAddedTokens = 16;
  if (!spec.prompt_ids.empty()) return static_cast<int64_t>(spec.prompt_ids.size());
  if (static_cast<int64_t>(spec.prompt.size()) + kAddedTokens <= kAnalyseAllTokens)
    return std::nullopt;
  const auto tokenizer = Tokenizer::open(spec.model_dir);
  if (!tokenizer) return std::nullopt;  // the run will say why
  const auto ids = tokenizer->encode(spec.prompt, /*add_special_tokens=*/true);
  return ids ? std::optional(static_cast<int64_t>(ids->size())) : std::nullopt;
}

/// Without --analysis, a long prompt keeps fewer dense rows; `why` says so then.
AnalysisScope analysisFor(const RunOptions& options, const RunSpec& spec, std::string& why) {
  if (options.analysis) return *options.analysis;
  const auto tokens = tokensIfMany(spec);
  if (!tokens || *tokens <= kAnalyseAllTokens) return AnalysisScope::all;
  why = "the prompt has " + std::to_string(*tokens) + " tokens, above " +
        std::to_string(kAnalyseAllTokens) + ": --analysis group is used";
  return AnalysisScope::group;
}

/// The ids are made here: the run itself would put a second bos before a template's text.
Status readChatInto(RunSpec& spec, const ChatArguments& chat, const Console& console) {
  auto prompt = chatPrompt(chat, spec.model_dir, /*add_generation_prompt=*/true, console);
  if (!prompt) return Failure(prompt.error());
  auto ids = chatPromptIds(*prompt, spec.model_dir);
  if (!ids) return Failure(ids.error());
  spec.prompt_name = (prompt->name.empty() ? "chat" : prompt->name) + " (" +
                     std::string(prompt->chat_template->name) + ")";
  spec.prompt = std::move(prompt->text);
  spec.prompt_ids = std::move(*ids);
  return {};
}

Status readPromptInto(RunSpec& spec, const PromptOptions& options, const Console& console) {
  if (options.chat.messages) return readChatInto(spec, options.chat, console);
  if (options.prompt_ids) {
    auto ids = readIds("--prompt-ids", *options.prompt_ids);
    if (!ids) return Failure(ids.error());
    spec.prompt_ids = std::move(*ids);
    return {};
  }
  auto prompt = readPrompt(*options.prompt, *console.in);
  if (!prompt) return Failure(prompt.error());
  spec.prompt_name = prompt->name;
  spec.prompt = prompt->text;
  return {};
}

Result<RunSpec> specOf(const RunOptions& options, const Console& console,
                       const Services& services) {
  RunSpec spec;
  spec.model_dir = options.engine.model;
  const Status prompt =
      readPromptInto(spec, options.prompt, options.quiet ? silent(console) : console);
  if (!prompt) return Failure(prompt.error());
  auto compression = compressionFor(options.compression, spec.model_dir, services);
  if (!compression) return Failure(compression.error());
  spec.compression = std::move(*compression);
  spec.dtype = options.engine.dtype;
  spec.device = options.engine.device;
  spec.prefill_chunk = options.engine.prefill_chunk;
  spec.num_threads = options.engine.num_threads;
  spec.max_new_tokens = options.max_new_tokens;
  spec.sampling = options.sampling;
  spec.stop = options.stop;
  for (const std::string& turn : options.turns) {
    auto said = readPrompt(turn, *console.in);
    if (!said) return Failure(said.error());
    spec.turns.push_back(said->text);
  }
  return spec;
}

std::string commandOf(const std::vector<std::string>& words) {
  std::string command = "xkv";
  for (const std::string& one : words) command += " " + shellQuoted(one);
  return command;
}

/// What an interrupted run has left, and how to start it again.
Failure interrupted(const RunOptions& options, const RunListener& listener,
                    const std::vector<std::string>& words) {
  std::string kept = "nothing was stored";
  if (options.session && listener.hasStarted())
    kept = std::to_string(listener.numStored()) + " results are in " + *options.session + ", run " +
           std::to_string(listener.run().run_id);
  return failure(ErrorKind::interrupted,
                 "interrupted; " + kept + "; to run it again: " + commandOf(words));
}

}  // namespace

Status runCommand(const RunOptions& options, const std::vector<std::string>& words,
                  const Console& console, const Services& services) {
  auto spec = specOf(options, console, services);
  if (!spec) return Failure(spec.error());
  if (!options.quiet) noticeUnusedFlags(options.compression, spec->compression, console);
  std::string analysis_notice;
  spec->analysis = analysisFor(options, *spec, analysis_notice);
  std::optional<storage::SessionStore> store;
  if (options.session) {
    auto opened = storage::SessionStore::openOrCreate(*options.session);
    if (!opened) return Failure(opened.error());
    store.emplace(std::move(*opened));
  }
  RunListener listener(console, std::move(store),
                       {.text = !options.json,
                        .quiet = options.quiet,
                        .notice_at_start = std::move(analysis_notice)});
  Interrupt interrupt(
      [&console] { notice(console, "stopping at the next safe point; Ctrl-C again stops now"); });
  const Status done = services.run(*spec, listener, interrupt.token());
  listener.progress().clear();
  if (options.json && listener.hasStarted()) {
    const Status written = console.out(toJson(listener.run()) + "\n");
    if (done && !written) return written;
  }
  if (!done && done.error().kind == ErrorKind::interrupted)
    return interrupted(options, listener, words);
  return done;
}

}  // namespace xkv::cli
