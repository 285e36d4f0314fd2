// SPDX-License-Identifier: Apache-2.0
/// The engine as the rest of the program sees it: a model in, a prefilled prompt, records out.
#include "engine/engine.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/tensor_memory.h"
#include "engine/cache_file.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/device.h"
#include "engine/kv_import.h"
#include "engine/model/decoder.h"
#include "engine/prefill.h"
#include "engine/torch_errors.h"
#include "profiling/records/printable.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

struct OpenModel {
  ModelConfig config;
  Checkpoint checkpoint;
};

/// config.json and the headers of the weights; the shape knows its parameters and bytes.
Result<OpenModel> openModel(const ModelFolder& folder) {
  auto config = readModelConfig(folder);
  if (!config) return Failure(config.error());
  auto checkpoint = Checkpoint::open(folder);
  if (!checkpoint) return Failure(checkpoint.error());
  config->shape.num_parameters = checkpoint->numParameters();
  config->shape.weight_bytes = checkpoint->totalBytes();
  config->shape.weight_dtype = checkpoint->weightDtype();
  return OpenModel{std::move(*config), std::move(*checkpoint)};
}

/// "load, 512 of 15317 MiB"
std::string loadPhase(int64_t done, int64_t total) {
  constexpr int64_t kMiB = 1 << 20;
  return "load, " + std::to_string(done / kMiB) + " of " + std::to_string(total / kMiB) + " MiB";
}

Status checkLength(const std::vector<int64_t>& ids, const ModelShape& shape) {
  if (ids.empty()) return failure(ErrorKind::bad_input, "the prompt has no tokens");
  const auto count = static_cast<int64_t>(ids.size());
  if (count > shape.max_position_embeddings) {
    return failure(ErrorKind::bad_input,
                   "the prompt has " + std::to_string(count) + " tokens, the model's context is " +
                       std::to_string(shape.max_position_embeddings));
  }
  return {};
}

Status checkIds(const std::vector<int64_t>& ids, const ModelShape& shape) {
  const auto outside = [&](int64_t id) { return id < 0 || id >= shape.vocab_size; };
  const auto found = std::ranges::find_if(ids, outside);
  if (found == ids.end()) return {};
  return failure(ErrorKind::bad_input,
                 "token id " + std::to_string(*found) + " at place " +
                     std::to_string(found - ids.begin()) + " is outside the model's vocabulary of " +
                     std::to_string(shape.vocab_size));
}

}  // namespace

struct Engine::Impl {
  /// A refusal of what the model's files make of the prompt names their folder.
  Error named(Error error) const {
    if (error.kind == ErrorKind::bad_input)
      error.message = printable(folder.path, 400) + ": " + error.message;
    return error;
  }

  c10::Device device;
  std::string device_name;
  ModelFolder folder{std::string()};
  Dtype dtype = Dtype::fp32;
  std::shared_ptr<const Decoder> decoder;
  std::optional<CacheFile> cache_file;  // between openCache and readCache
};

Result<ModelShape> describeModel(const ModelFolder& folder) {
  auto model = openModel(folder);
  if (!model) return Failure(model.error());
  return model->config.shape;
}

Result<CacheFileInfo> describeCache(const std::string& path) {
  const auto file = CacheFile::open(path);
  if (!file) return Failure(file.error());
  return file->info();
}

Result<Engine> Engine::create(Device device, int64_t num_threads) {
  const auto opened = openDevice(device);
  if (!opened) return Failure(opened.error());
  TensorMemory::watch();
  auto impl = std::make_unique<Impl>(Impl{*opened, setUpThreads(*opened, num_threads), ModelFolder(std::string()), {}, {}, {}});
  return Engine(std::move(impl));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

std::string Engine::deviceName() const { return impl_->device_name; }

Result<ModelShape> Engine::load(const ModelFolder& folder, Dtype dtype, const RecordSink& sink,
                                PhaseSink& phases, std::stop_token stop) {
  if (impl_->decoder && impl_->folder == folder && impl_->dtype == dtype) {
    return impl_->decoder->config().shape;
  }
  return guarded("load", [&]() -> Result<ModelShape> {
    PhaseScope scope(phases, {.kind = PhaseKind::load, .label = ""});
    auto model = openModel(folder);
    if (!model) return Failure(model.error());
    impl_->decoder.reset();
    LoadRequest request;
    request.dtype = scalarTypeOf(dtype);
    request.device = impl_->device;
    request.progress = [&](int64_t done, int64_t total) {
      return sink(ProgressRecord{.phase = loadPhase(done, total), .done = done, .total = total});
    };
    auto weights = loadWeights(model->config, std::move(model->checkpoint), request, stop);
    if (!weights) return Failure(weights.error());
    impl_->decoder =
        std::make_shared<const Decoder>(model->config, std::move(*weights), impl_->device);
    impl_->folder = folder;
    impl_->dtype = dtype;
    return model->config.shape;
  });
}

Status Engine::checkPrompt(const std::vector<int64_t>& ids) const {
  if (!impl_->decoder) return failure(ErrorKind::failure, "no model is loaded");
  const ModelShape& shape = impl_->decoder->config().shape;
  const Status fits = checkLength(ids, shape);
  return fits ? checkIds(ids, shape) : fits;
}

Result<Capture> Engine::prefill(const PrefillRequest& request, const RecordSink& sink,
                                PhaseSink& phases, std::stop_token stop) {
  return guarded("prefill", [&]() -> Result<Capture> {
    const Status fits = checkPrompt(request.ids);
    if (!fits) return Failure(fits.error());
    if (isSelective(request.compression.method) && !impl_->device.is_cpu()) {
      return failure(ErrorKind::no_device,
                     std::string(word(request.compression.method)) +
                         " has no operations on a GPU; --device cpu runs it");
    }
    auto capture = prefillPrompt(impl_->decoder, request, sink, phases, stop);
    if (!capture) return Failure(impl_->named(capture.error()));
    return Capture(std::move(*capture));
  });
}

Result<CacheFileInfo> Engine::openCache(const std::string& path, const RecordSink& sink,
                                        PhaseSink& phases, std::stop_token stop) {
  return guarded("import", [&]() -> Result<CacheFileInfo> {
    PhaseScope scope(phases, {.kind = PhaseKind::load, .label = ""});
    auto file = CacheFile::open(path);
    if (!file) return Failure(file.error());
    const Status usable = file->checkValues(sink, std::move(stop));
    if (!usable) return Failure(usable.error());
    impl_->cache_file.emplace(std::move(*file));
    return impl_->cache_file->info();
  });
}

Result<Capture> Engine::readCache(const PrefillRequest& request, const RecordSink& sink,
                                  PhaseSink& phases, std::stop_token stop) {
  return guarded("import", [&]() -> Result<Capture> {
    if (!impl_->cache_file) return failure(ErrorKind::failure, "no cache file is open");
    const CacheFile file = std::move(*impl_->cache_file);
    impl_->cache_file.reset();
    auto capture =
        importRows(file, impl_->device, request, sink, phases, std::move(stop));
    if (!capture) return Failure(capture.error());
    return Capture(std::move(*capture));
  });
}

}  // namespace xkv
