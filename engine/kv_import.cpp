// SPDX-License-Identifier: Apache-2.0
/// The rows of a captured cache into a cache of this program.
#include "engine/kv_import.h"

#include <utility>

#include "engine/prefill.h"

namespace xkv {
namespace {

class FileRows final : public RowSource {
 public:
  FileRows(const CacheFile& file, at::Device device) : file_(file), device_(device) {}

  Result<CacheRows> next(int64_t layer, Capture::Impl& capture, PhaseSink& phases,
                         std::stop_token stop) override {
    if (stop.stop_requested()) return failure(ErrorKind::interrupted, "the import was stopped");
    PhaseScope scope(phases, {.kind = PhaseKind::load, .label = ""});
    CacheRows rows;
    for (const Stream stream : capture.shape.streams()) {
      rows.streams[placeOf(stream)] = file_.rows(stream, layer).to(device_);
    }
    return rows;
  }

  void finish(Capture::Impl&, PhaseSink&) override {}

 private:
  const CacheFile& file_;
  at::Device device_;
};

/// Rows are kept as they are: nothing attends to them, so nothing is rotated or normed.
CacheForm formOf(const ModelShape& shape) {
  CacheForm form;
  for (const Stream stream : shape.streams()) {
    StreamForm& one = form.streams[placeOf(stream)];
    one.stream = stream;
    one.num_heads = shape.headsOf(stream);
    one.head_dim = shape.width(stream) / one.num_heads;
  }
  form.streams[0].query_begin = 0;
  form.streams[1].mixes = true;
  form.windows.assign(static_cast<size_t>(shape.num_layers), 0);
  return form;
}

/// A table that turns nothing.
std::shared_ptr<const RotaryTable> noRotation(at::Device device) {
  ModelConfig config;
  config.shape.rope_theta = 1;
  return std::make_shared<const RotaryTable>(config, device);
}

}  // namespace

Result<std::unique_ptr<Capture::Impl>> importRows(const CacheFile& file, at::Device device,
                                                  const PrefillRequest& request,
                                                  const RecordSink& sink, PhaseSink& phases,
                                                  std::stop_token stop) {
  auto capture = std::make_unique<Capture::Impl>();
  capture->request = request;
  capture->shape = file.info().model;
  capture->form = formOf(capture->shape);
  capture->rotary = noRotation(device);
  FileRows rows(file, device);
  return fillCache(std::move(capture), rows, sink, phases, std::move(stop));
}

}  // namespace xkv
