// SPDX-License-Identifier: Apache-2.0
/// What the commands need of the engine, done by the engine.
#include "app/cli/engine_services.h"

#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>

#include "app/bench/bench_subjects.h"
#include "app/experiment.h"
#include "app/serve/server.h"
#include "app/version.h"
#include "engine/checkpoint/random_model.h"
#include "engine/engine.h"
#include "profiling/no_phases.h"

namespace xkv::cli {
namespace {

Status runOnce(const RunSpec& spec, RunObserver& observer, std::stop_token stop) {
  auto engine = Engine::create(spec.device, spec.num_threads);
  if (!engine) return Failure(engine.error());
  return runExperiment(*engine, spec, observer, std::move(stop));
}

/// Texts of the ids where the folder has a tokenizer.
Provenance provenanceOf(const CaptureJob& job, const std::vector<int64_t>& ids) {
  Provenance provenance{"xkv", kVersion, {}};
  const auto tokenizer = Tokenizer::open(job.engine.folder());
  if (!tokenizer) return provenance;
  for (const int64_t id : ids) provenance.tokens.push_back(tokenizer->tokenText(id));
  return provenance;
}

/// Ids are used as they are and need no tokenizer.
Result<std::vector<int64_t>> promptIds(const CaptureJob& job) {
  if (!job.prompt_ids.empty()) return job.prompt_ids;
  const auto tokenizer = Tokenizer::open(job.engine.folder());
  if (!tokenizer) return Failure(tokenizer.error());
  return tokenizer->encode(job.prompt, /*add_special_tokens=*/true);
}

Result<PrefillRequest> prefillRequest(const CaptureJob& job, const ModelShape& model,
                                      std::vector<int64_t> ids) {
  auto plan = planGroups(job.compression, cacheShapeOf(model),
                         static_cast<int64_t>(ids.size()));
  if (!plan) return Failure(plan.error());
  PrefillRequest request;
  request.ids = std::move(ids);
  request.plan = std::move(*plan);
  request.compression = job.compression;
  request.factor_dtype = job.compression.factor_dtype.value_or(job.engine.dtype);
  request.analysis = AnalysisScope::all;  // the originals are what is written
  request.prefill_chunk = job.engine.prefill_chunk;
  request.keep_hidden = job.hidden;
  request.keep_logits = job.logits;
  return request;
}

Status captureOnce(const CaptureJob& job, std::stop_token stop) {
  auto engine = Engine::create(job.engine.device, job.engine.num_threads);
  if (!engine) return Failure(engine.error());
  NoPhases phases;
  const RecordSink no_records = [](const Record&) { return Status{}; };
  const auto model = engine->load(job.engine.folder(), job.engine.dtype, no_records, phases, stop);
  if (!model) return Failure(model.error());
  auto ids = promptIds(job);
  if (!ids) return Failure(ids.error());
  const Status fits = engine->checkPrompt(*ids);
  if (!fits) return fits;
  const auto request = prefillRequest(job, *model, std::move(*ids));
  if (!request) return Failure(request.error());
  auto capture = engine->prefill(*request, no_records, phases, stop);
  if (!capture) return Failure(capture.error());
  return capture->writeTo(job.out,
                          {.hidden = job.hidden,
                           .logits = job.logits,
                           .reconstructed = job.reconstructed,
                           .force_ids = job.force_ids,
                           .provenance = provenanceOf(job, request->ids)},
                          stop);
}

/// One engine for all runs of a connection or a command: it keeps its model, and changes with device and
/// threads.
class ServedEngine {
 public:
  ServedEngine() = default;  ///< the first run makes the engine
  explicit ServedEngine(Engine engine) : engine_(std::move(engine)) {}

  Status run(const RunSpec& spec, RunObserver& observer, std::stop_token stop) {
    if (!engine_ || device_ != spec.device || num_threads_ != spec.num_threads) {
      engine_.reset();
      auto engine = Engine::create(spec.device, spec.num_threads);
      if (!engine) return Failure(engine.error());
      engine_.emplace(std::move(*engine));
      device_ = spec.device;
      num_threads_ = spec.num_threads;
    }
    return runExperiment(*engine_, spec, observer, std::move(stop));
  }

 private:
  std::optional<Engine> engine_;
  Device device_ = Device::cpu;
  int64_t num_threads_ = 0;
};

Runner runnerOnce() {
  const auto engine = std::make_shared<ServedEngine>();
  return [engine](const RunSpec& spec, RunObserver& observer, std::stop_token stop) {
    return engine->run(spec, observer, std::move(stop));
  };
}

Status serveOnce() {
  const auto output = claimStandardOutput();
  if (!output) return Failure(output.error());
  auto first = Engine::create(Device::cpu, 0);
  if (!first) return Failure(first.error());
  ServeOptions options;
  options.hello.device_name = first->deviceName();
  options.hello.program_version = kVersion;
  options.output_fd = *output;
  ServedEngine engine(std::move(*first));
  options.abandon = [] { _exit(exitCode(ErrorKind::failure)); };
  return serve({.run = [&engine](const RunSpec& spec, RunObserver& observer,
                                 std::stop_token stop) { return engine.run(spec, observer, stop); },
                .describe = describeModel},
               std::move(options));
}

}  // namespace

Services engineServices() {
  return {.run = runOnce,
          .runner = runnerOnce,
          .describe = describeModel,
          .describe_cache = describeCache,
          .capture = captureOnce,
          .serve = serveOnce,
          .make_model = writeRandomModel,
          .bench = measured};
}

}  // namespace xkv::cli
