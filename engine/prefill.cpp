// SPDX-License-Identifier: Apache-2.0
/// Rows of a prompt, layer by layer, into a cache.
#include "engine/prefill.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/analysis/reconstruction.h"
#include "engine/analysis/spectrum.h"
#include "engine/cache/cache_parts.h"
#include "engine/cache/dense_cache.h"
#include "engine/cache/tensor_memory.h"
#include "engine/model_rows.h"
#include "profiling/records/stream_names.h"

namespace xkv {
namespace {

class Prefill {
 public:
  Prefill(std::unique_ptr<Capture::Impl> capture, RowSource& source, const RecordSink& sink,
          PhaseSink& phases, std::stop_token stop)
      : capture_(std::move(capture)),
        source_(source),
        shape_(capture_->shape),
        request_(capture_->request),
        sink_(sink),
        phases_(phases),
        stop_(std::move(stop)) {
    capture_->cache = makeCache();
  }

  Result<std::unique_ptr<Capture::Impl>> run() {
    PhaseScope scope(phases_, {.kind = PhaseKind::prefill,
                               .label = std::to_string(request_.ids.size()) + " tokens"});
    for (int64_t layer = 0; layer < shape_.num_layers; ++layer) {
      const Status done = passLayer(layer);
      if (!done) return Failure(done.error());
    }
    source_.finish(*capture_, phases_);
    finishPeak();
    return std::move(capture_);
  }

 private:
  std::unique_ptr<KvCache> makeCache() {
    if (request_.plan.groups.empty()) {
      return std::make_unique<DenseCache>(capture_->form, *capture_->rotary);
    }
    LowRankCacheOptions options;
    options.groups = request_.plan.groups;
    options.backend = request_.factor_backend;
    options.factor_dtype = scalarTypeOf(request_.factor_dtype);
    options.form = capture_->form;
    if (request_.analysis != AnalysisScope::none) {
      options.on_sealed = [this](const SealedGroup& sealed) { return measure(sealed); };
    }
    return std::make_unique<LowRankCache>(std::move(options), *capture_->rotary);
  }

  Status passLayer(int64_t layer) {
    PhaseScope scope(phases_,
                     {.kind = PhaseKind::layer, .layer = static_cast<int32_t>(layer), .label = ""});
    const Status told =
        sink_(ProgressRecord{.phase = "prefill", .done = layer, .total = shape_.num_layers});
    if (!told) return told;
    auto rows = source_.next(layer, *capture_, phases_, stop_);
    if (!rows) return Failure(rows.error());
    if (request_.analysis == AnalysisScope::all) capture_->rows.push_back(*rows);
    const Status kept = capture_->cache->append(layer, std::move(*rows), phases_, stop_);
    phases_.cacheBytes(capture_->cache->bytes() + capture_->analysisBytes());
    return kept;
  }

  /// Error of the real factors, while the original rows still exist.
  Status measure(const SealedGroup& sealed) {
    PhaseScope scope(phases_, {.kind = PhaseKind::measure,
                               .group = static_cast<int32_t>(sealed.group),
                               .label = pluralName(sealed.stream)});
    const Status told =
        sink_(measureReconstruction(sealed, shape_.headsOf(sealed.stream), request_.factor_backend));
    if (!told || request_.analysis != AnalysisScope::group) return told;
    const int64_t width = sealed.planned.num_layers * shape_.width(sealed.stream);
    const int64_t seq_len = sealed.rows.front().size(0);
    if (std::min(width, seq_len) > kWidestSpectrum) return {};
    const SpectrumPlace place{sealed.stream, sealed.planned.first_layer, seq_len};
    if (seq_len < width) return sink_(spectrumFromRows(sealed.rows, place));
    const at::Tensor gram = groupGram(sealed.rows, productsFor(width), {});
    return sink_(spectrumFromGram(gram, sealed.planned.num_layers, place));
  }

  void finishPeak() {
    if (const LowRankCache* low_rank = capture_->lowRank()) {
      capture_->peak.factor_bytes = low_rank->bytes();
      capture_->peak.dense_row_bytes = low_rank->peakOpenRowBytes();
      capture_->peak.workspace_bytes = low_rank->peakWorkspaceBytes();
    } else {
      capture_->peak.dense_row_bytes = capture_->cache->bytes();
    }
    capture_->peak.dense_row_bytes += capture_->analysisBytes();
    capture_->process_resident_bytes = TensorMemory::processResidentBytes();
  }

  std::unique_ptr<Capture::Impl> capture_;
  RowSource& source_;
  const ModelShape& shape_;
  const PrefillRequest& request_;
  const RecordSink& sink_;
  PhaseSink& phases_;
  std::stop_token stop_;
};

}  // namespace

Result<std::unique_ptr<Capture::Impl>> fillCache(std::unique_ptr<Capture::Impl> capture,
                                                 RowSource& source, const RecordSink& sink,
                                                 PhaseSink& phases, std::stop_token stop) {
  return Prefill(std::move(capture), source, sink, phases, std::move(stop)).run();
}

Result<std::unique_ptr<Capture::Impl>> prefillPrompt(std::shared_ptr<const Decoder> decoder,
                                                     const PrefillRequest& request,
                                                     const RecordSink& sink, PhaseSink& phases,
                                                     std::stop_token stop) {
  auto capture = std::make_unique<Capture::Impl>();
  capture->decoder = decoder;
  capture->request = request;
  capture->shape = decoder->config().shape;
  capture->form = decoder->cacheForm();
  capture->rotary = std::shared_ptr<const RotaryTable>(decoder, &decoder->rotary());
  ModelRows rows(std::move(decoder), request);
  return fillCache(std::move(capture), rows, sink, phases, std::move(stop));
}

}  // namespace xkv
