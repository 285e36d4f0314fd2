// SPDX-License-Identifier: Apache-2.0
/// `xkv run`: one run, its results on the terminal and in a session.
#include <optional>

#include "app/cli/commands.h"
#include "app/cli/compression_plan.h"
#include "app/cli/input_file.h"
#include "app/cli/recorded_run.h"
#include "app/cli/run_prompt.h"
#include "engine/text/tokenizer.h"

namespace xkv::cli {
namespace {

/// Tokens of the prompt, where they can be above the limit at all: no tokenizer that is supported
/// makes more tokens than bytes, but for the few that it adds.
std::optional<int64_t> tokensIfMany(const RunSpec& spec) {
  constexpr int64_t kAddedTokens = 16;
  if (!spec.prompt_ids.empty()) return static_cast<int64_t>(spec.prompt_ids.size());
  if (static_cast<int64_t>(spec.prompt.size()) + kAddedTokens <= kAnalyseAllTokens)
    return std::nullopt;
  const auto tokenizer = Tokenizer::open({spec.model_dir, spec.follow_symlinks});
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

Result<RunSpec> specOf(const RunOptions& options, const Console& console,
                       const Services& services) {
  RunSpec spec;
  spec.model_dir = options.engine.model;
  spec.follow_symlinks = options.engine.follow_symlinks;
  const Status prompt =
      readPromptInto(spec, options.prompt, options.quiet ? silent(console) : console);
  if (!prompt) return Failure(prompt.error());
  auto compression = compressionFor(options.compression, options.engine.folder(), services);
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

}  // namespace

Status runCommand(const RunOptions& options, const std::vector<std::string>& words,
                  const Console& console, const Services& services) {
  auto spec = specOf(options, console, services);
  if (!spec) return Failure(spec.error());
  if (!options.quiet) noticeUnusedFlags(options.compression, spec->compression, console);
  std::string analysis_notice;
  spec->analysis = analysisFor(options, *spec, analysis_notice);
  return recordRun(*spec,
                   {options.session, options.json, options.quiet, std::move(analysis_notice)},
                   words, console, services);
}

}  // namespace xkv::cli
