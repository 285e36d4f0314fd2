// SPDX-License-Identifier: Apache-2.0
/// A prompt through the model, layer by layer, into a cache.
#include "engine/prefill.h"

#include <ATen/ops/aminmax.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/analysis/reconstruction.h"
#include "engine/analysis/spectrum.h"
#include "engine/cache/cache_parts.h"
#include "engine/cache/dense_cache.h"
#include "engine/cache/low_rank_cache.h"
#include "engine/cache/slerp_cache.h"
#include "engine/cache/tensor_memory.h"
#include "profiling/records/sentence.h"
#include "profiling/records/stream_names.h"

namespace xkv {
namespace {

/// Far above what any model makes, and far below where a sum of squares leaves fp32.
constexpr double kLargestValue = 1e15;

/// What broken weights make of a layer's rows; no factorization could use it.
Status checkFinite(const at::Tensor& rows, int64_t layer, const char* stream) {
  const auto [smallest, largest] = at::aminmax(rows);
  for (const double value : {smallest.item<double>(), largest.item<double>()}) {
    if (value >= -kLargestValue && value <= kLargestValue) continue;  // false for NaN
    return failure(
        ErrorKind::bad_input,
        sentence("the {} of layer {} hold {}, finite ones up to {} are needed: the "
                 "weights are damaged or overflow in this dtype",
                 stream, layer, std::isnan(value) ? std::fabs(value) : value, kLargestValue));
  }
  return {};
}

class Prefill {
 public:
  Prefill(std::shared_ptr<const Decoder> decoder, const PrefillRequest& request,
          const RecordSink& sink, PhaseSink& phases, std::stop_token stop)
      : decoder_(std::move(decoder)),
        shape_(decoder_->config().shape),
        request_(request),
        sink_(sink),
        phases_(phases),
        stop_(std::move(stop)),
        capture_(std::make_unique<Capture::Impl>()) {
    capture_->decoder = decoder_;
    capture_->request = request;
  }

  Result<std::unique_ptr<Capture::Impl>> run() {
    auto cache = makeCache();
    if (!cache) return Failure(cache.error());
    capture_->cache = std::move(*cache);
    PhaseScope scope(phases_, {.kind = PhaseKind::prefill,
                               .label = std::to_string(request_.ids.size()) + " tokens"});
    at::Tensor hidden = decoder_->embed(request_.ids);
    keepHidden(hidden);
    for (int64_t layer = 0; layer < shape_.num_layers; ++layer) {
      const Status done = passLayer(layer, hidden);
      if (!done) return Failure(done.error());
    }
    keepLogits(hidden);
    hidden = at::Tensor();
    finishPeak();
    return std::move(capture_);
  }

 private:
  Result<std::unique_ptr<KvCache>> makeCache() {
    if (request_.plan.groups.empty()) {
      return std::make_unique<DenseCache>(decoder_->cacheForm(), decoder_->rotary());
    }
    const CompressionConfig& how = request_.compression;
    SealedSink on_sealed;
    if (request_.analysis != AnalysisScope::none) {
      on_sealed = [this](const SealedGroup& sealed) { return measure(sealed); };
    }
    if (how.method == Method::minicache) {
      return std::make_unique<SlerpCache>(
          SlerpCacheOptions{request_.plan.groups, how.slerp_keep,
                            scalarTypeOf(request_.factor_dtype), decoder_->cacheForm(),
                            std::move(on_sealed)},
          decoder_->rotary());
    }
    const auto most_error = mostTruncationError(how, request_.factor_dtype);
    if (!most_error) return Failure(most_error.error());
    LowRankCacheOptions options;
    options.most_error = *most_error;
    options.groups = request_.plan.groups;
    options.backend = how.factor_backend;
    options.factors = {scalarTypeOf(request_.factor_dtype), how.token_basis_bits,
                       how.layer_factor_bits};
    options.form = decoder_->cacheForm();
    options.recompress_after = how.recompress_after;
    options.recompress_residual = how.recompress_residual;
    options.on_sealed = std::move(on_sealed);
    return std::make_unique<LowRankCache>(std::move(options), decoder_->rotary());
  }

  Status passLayer(int64_t layer, at::Tensor& hidden) {
    PhaseScope scope(phases_,
                     {.kind = PhaseKind::layer, .layer = static_cast<int32_t>(layer), .label = ""});
    const Status told =
        sink_(ProgressRecord{.phase = "prefill", .done = layer, .total = shape_.num_layers});
    if (!told) return told;
    const int64_t before = TensorMemory::currentBytes();
    TensorMemory::resetPeak();
    auto rows = decoder_->prefillLayer(layer, hidden, request_.prefill_chunk, phases_, stop_);
    if (!rows) return Failure(rows.error());
    for (const Stream stream : shape_.streams()) {
      const Status finite = checkFinite(rows->of(stream), layer, pluralName(stream));
      if (!finite) return finite;
    }
    const int64_t row_bytes = storageBytes(rows->streams[0]) + storageBytes(rows->streams[1]);
    capture_->peak.activation_bytes =
        std::max(capture_->peak.activation_bytes,
                 storageBytes(hidden) + TensorMemory::peakBytes() - before - row_bytes);
    keepHidden(hidden);
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
        sink_(measureReconstruction(sealed, shape_.headsOf(sealed.stream), request_.compression.factor_backend));
    if (!told || request_.analysis != AnalysisScope::group) return told;
    const int64_t width = sealed.planned.num_layers * shape_.width(sealed.stream);
    const int64_t seq_len = sealed.rows.front().size(0);
    if (std::min(width, seq_len) > kWidestSpectrum) return {};
    const SpectrumPlace place{sealed.stream, sealed.planned.first_layer, seq_len};
    if (seq_len < width) return sink_(spectrumFromRows(sealed.rows, place));
    const at::Tensor gram = groupGram(sealed.rows, productsFor(width), {});
    return sink_(spectrumFromGram(gram, sealed.planned.num_layers, place));
  }

  void keepHidden(const at::Tensor& hidden) {
    if (request_.keep_hidden) capture_->hidden.push_back(hidden.clone());
  }

  void keepLogits(const at::Tensor& hidden) {
    PhaseScope scope(phases_, {.kind = PhaseKind::logits, .label = ""});
    if (request_.keep_hidden) capture_->hidden.push_back(decoder_->finalNorm(hidden));
    if (request_.keep_logits) capture_->logits = decoder_->logits(hidden);
    capture_->last_logits = decoder_->logits(hidden.slice(0, hidden.size(0) - 1)).squeeze(0);
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

  std::shared_ptr<const Decoder> decoder_;
  const ModelShape& shape_;
  const PrefillRequest& request_;
  const RecordSink& sink_;
  PhaseSink& phases_;
  std::stop_token stop_;
  std::unique_ptr<Capture::Impl> capture_;
};

}  // namespace

Result<std::unique_ptr<Capture::Impl>> prefillPrompt(std::shared_ptr<const Decoder> decoder,
                                                     const PrefillRequest& request,
                                                     const RecordSink& sink, PhaseSink& phases,
                                                     std::stop_token stop) {
  return Prefill(std::move(decoder), request, sink, phases, std::move(stop)).run();
}

}  // namespace xkv
