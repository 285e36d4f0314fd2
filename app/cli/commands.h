// SPDX-License-Identifier: Apache-2.0
/// The commands of xkv, each a function from its options to a status.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "app/cli/options.h"
#include "engine/engine.h"
#include "profiling/bench_rounds.h"
#include "profiling/run_observer.h"

namespace xkv::cli {

/// What `xkv capture` asks of the engine.
struct CaptureJob {
  EngineOptions engine;
  CompressionConfig compression;
  std::string prompt;  ///< not used when prompt_ids is not empty
  std::vector<int64_t> prompt_ids;
  std::vector<int64_t> force_ids;
  bool hidden = false;
  bool logits = false;
  bool reconstructed = false;
  std::string out;
};

using Runner = std::function<Status(const RunSpec&, RunObserver&, std::stop_token)>;

/// What the commands need of the engine; a test gives functions of its own.
struct Services {
  /// The spec says device and threads.
  Runner run;
  /// For several runs: keeps the loaded model between them.
  std::function<Runner()> runner;
  std::function<Result<ModelShape>(const ModelFolder& folder)> describe;
  /// Shape and number of tokens of a cache file.
  std::function<Result<CacheFileInfo>(const std::string& path)> describe_cache;
  std::function<Status(const CaptureJob&, std::stop_token)> capture;
  std::function<Status()> serve;
  std::function<Result<ModelShape>(const RandomModelSpec&, const WriteProgress&, std::stop_token)>
      make_model;
  std::function<Result<BenchTable>(const BenchRequest&, const BenchProgress&, std::stop_token)>
      bench;
};

/// `words` as they were typed, for the command that is shown after an interrupt.
Status runCommand(const RunOptions& options, const std::vector<std::string>& words,
                  const Console& console, const Services& services);
Status analyseCommand(const AnalyseOptions& options, const std::vector<std::string>& words,
                      const Console& console, const Services& services);
Status duelCommand(const DuelOptions& options, const Console& console, const Services& services);
Status captureCommand(const CaptureOptions& options, const Console& console,
                      const Services& services);
Status showCommand(const ShowOptions& options, const Console& console);
Status exportCommand(const ExportOptions& options, const Console& console);
Status infoCommand(const InfoOptions& options, const Console& console, const Services& services);
Status templateCommand(const TemplateOptions& options, const Console& console);
Status tokenizeCommand(const TokenizeOptions& options, const Console& console);
Status makeModelCommand(const MakeModelOptions& options, const Console& console,
                        const Services& services);
Status benchCommand(const BenchOptions& options, const Console& console, const Services& services);
Status sessionCommand(const SessionOptions& options, const Console& console);

/// The words after "xkv"; failures are said on standard error. The process's exit code.
int runProgram(const std::vector<std::string>& words, const Console& console,
               const Services& services);

}  // namespace xkv::cli
