// SPDX-License-Identifier: Apache-2.0
/// The rows that a model makes of a prompt.
#include "engine/model_rows.h"

#include <algorithm>
#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_values.h"
#include "engine/cache/tensor_memory.h"
#include "profiling/records/sentence.h"
#include "profiling/records/stream_names.h"

namespace xkv {
namespace {

/// What broken weights make of a layer's rows; no factorization could use it.
Status checkFinite(const CacheRows& rows, const ModelShape& shape, int64_t layer) {
  for (const Stream stream : shape.streams()) {
    const auto value = unusableValue(rows.of(stream));
    if (!value) continue;
    return failure(ErrorKind::bad_input,
                   sentence("the {} of layer {} hold {}, finite ones up to {} are needed: the "
                            "weights are damaged or overflow in this dtype",
                            pluralName(stream), layer, *value, kLargestValue));
  }
  return {};
}

}  // namespace

ModelRows::ModelRows(std::shared_ptr<const Decoder> decoder, const PrefillRequest& request)
    : decoder_(std::move(decoder)), request_(request) {}

Result<CacheRows> ModelRows::next(int64_t layer, Capture::Impl& capture, PhaseSink& phases,
                                  std::stop_token stop) {
  if (layer == 0) {
    hidden_ = decoder_->embed(request_.ids);
    keepHidden(capture);
  }
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  auto rows = decoder_->prefillLayer(layer, hidden_, request_.prefill_chunk, phases, stop);
  if (!rows) return rows;
  const Status finite = checkFinite(*rows, capture.shape, layer);
  if (!finite) return Failure(finite.error());
  const int64_t row_bytes = storageBytes(rows->streams[0]) + storageBytes(rows->streams[1]);
  capture.peak.activation_bytes =
      std::max(capture.peak.activation_bytes,
               storageBytes(hidden_) + TensorMemory::peakBytes() - before - row_bytes);
  keepHidden(capture);
  return rows;
}

void ModelRows::finish(Capture::Impl& capture, PhaseSink& phases) {
  PhaseScope scope(phases, {.kind = PhaseKind::logits, .label = ""});
  if (request_.keep_hidden) capture.hidden.push_back(decoder_->finalNorm(hidden_));
  if (request_.keep_logits) capture.logits = decoder_->logits(hidden_);
  capture.last_logits = decoder_->logits(hidden_.slice(0, hidden_.size(0) - 1)).squeeze(0);
  hidden_ = at::Tensor();
}

void ModelRows::keepHidden(Capture::Impl& capture) const {
  if (request_.keep_hidden) capture.hidden.push_back(hidden_.clone());
}

}  // namespace xkv
