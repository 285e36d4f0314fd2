// SPDX-License-Identifier: Apache-2.0
/// `xkv analyse`: a cache captured elsewhere, analysed without its model.
#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/compression_plan.h"
#include "app/cli/recorded_run.h"

namespace xkv::cli {
namespace {

/// The file's shape takes the place of a model folder's.
Services describedBy(const CacheFileInfo& info, const Services& services) {
  Services of_file = services;
  of_file.describe = [&info](const ModelFolder&) -> Result<ModelShape> { return info.model; };
  return of_file;
}

Result<RunSpec> specOf(const AnalyseOptions& options, const Services& services) {
  const auto info = services.describe_cache(options.cache_file);
  if (!info) return Failure(info.error());
  RunSpec spec;
  spec.cache_file = options.cache_file;
  spec.prompt_name = std::filesystem::path(options.cache_file).filename().string();
  auto compression =
      compressionFor(options.compression, options.cache_file, describedBy(*info, services));
  if (!compression) return Failure(compression.error());
  spec.compression = std::move(*compression);
  spec.dtype = info->dtype;
  spec.device = options.device;
  spec.num_threads = options.num_threads;
  spec.max_new_tokens = 0;
  const bool is_long = info->seq_len > kAnalyseAllTokens;
  spec.analysis = options.analysis.value_or(is_long ? AnalysisScope::group : AnalysisScope::all);
  return spec;
}

}  // namespace

Status analyseCommand(const AnalyseOptions& options, const std::vector<std::string>& words,
                      const Console& console, const Services& services) {
  const auto spec = specOf(options, services);
  if (!spec) return Failure(spec.error());
  if (!options.quiet) noticeUnusedFlags(options.compression, spec->compression, console);
  RunOutput output{options.session, options.json, options.quiet};
  if (!options.analysis && spec->analysis == AnalysisScope::group)
    output.notice_at_start = "the file has more than " + std::to_string(kAnalyseAllTokens) +
                             " tokens: --analysis group is used";
  return recordRun(*spec, output, words, console, services);
}

}  // namespace xkv::cli
