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
#include "engine/cache/low_rank_cache.h"
#include "engine/cache/selective_cache.h"
#include "engine/cache/slerp_cache.h"
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
        stop_(std::move(stop)) {}

  Result<std::unique_ptr<Capture::Impl>> run() {
    auto cache = makeCache();
    if (!cache) return Failure(cache.error());
    capture_->cache = std::move(*cache);
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
  Result<std::unique_ptr<KvCache>> makeCache() {
    if (request_.plan.groups.empty()) {
      return std::make_unique<DenseCache>(capture_->form, *capture_->rotary);
    }
    const CompressionConfig& how = request_.compression;
    SealedSink on_sealed;
    if (request_.analysis != AnalysisScope::none) {
      on_sealed = [this](const SealedGroup& sealed) { return measure(sealed); };
    }
    if (how.method == Method::minicache) {
      return std::make_unique<SlerpCache>(SlerpCacheOptions{request_.plan.groups, how.slerp_keep,
                                                            scalarTypeOf(request_.factor_dtype),
                                                            capture_->form, std::move(on_sealed)},
                                          *capture_->rotary);
    }
    const auto most_error = mostTruncationError(how, request_.factor_dtype);
    if (!most_error) return Failure(most_error.error());
    LowRankCacheOptions options;
    options.most_error = *most_error;
    options.groups = request_.plan.groups;
    options.backend = how.factor_backend;
    options.factors = {scalarTypeOf(request_.factor_dtype), how.token_basis_bits,
                       how.layer_factor_bits};
    options.form = capture_->form;
    options.recompress_after = how.recompress_after;
    options.recompress_residual = how.recompress_residual;
    options.on_sealed = std::move(on_sealed);
    if (isSelective(how.method)) {
      const SelectiveCacheOptions selective{how.selective,
                                            request_.analysis != AnalysisScope::none};
      return std::make_unique<SelectiveCache>(selective, std::move(options), *capture_->rotary);
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
    const Status told = sink_(measureReconstruction(sealed, shape_.headsOf(sealed.stream),
                                                    request_.compression.factor_backend));
    if (!told || request_.analysis != AnalysisScope::group) return told;
    const auto spectrum = spectrumOfGroup(
        sealed.rows, {sealed.stream, sealed.planned.first_layer, sealed.rows.front().size(0)},
        stop_);
    return spectrum ? sink_(*spectrum) : Status();
  }

  void finishPeak() {
    if (capture_->isDense()) {
      capture_->peak.dense_row_bytes = capture_->cache->bytes();
    } else {
      const PrefillPeak peak = capture_->cache->prefillPeak();
      capture_->peak.factor_bytes = capture_->cache->bytes();
      capture_->peak.dense_row_bytes = peak.open_row_bytes;
      capture_->peak.workspace_bytes = peak.workspace_bytes;
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
