// SPDX-License-Identifier: Apache-2.0
/// The uncompressed cache: both streams of every token as attention reads them.
#include "engine/cache/dense_cache.h"

#include <ATen/TensorOperators.h>

#include <utility>

#include "engine/cache/cache_parts.h"
#include "engine/cache/one_row_attention.h"
#include "engine/cache/row_attention.h"

namespace xkv {

DenseCache::DenseCache(CacheForm form, const RotaryTable& rotary)
    : form_(std::move(form)),
      rotary_(rotary),
      layers_(static_cast<size_t>(form_.numLayers())) {}

Status DenseCache::append(int64_t layer, CacheRows rows, PhaseSink&, std::stop_token) {
  LayerCache& cache = layers_[static_cast<size_t>(layer)];
  if (!cache.prompt[0].defined()) {
    cache.prompt = readable(form_, layer, rows, 0, rotary_);
    return {};
  }
  const int64_t position = cache.prompt[0].size(0) + cache.generated.size();
  cache.generated.push(readable(form_, layer, rows, position, rotary_));
  return {};
}

at::Tensor DenseCache::attend(int64_t layer, const at::Tensor& query,
                              int64_t first_position) const {
  const LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const bool has_generated = cache.generated.size() > 0;
  const StreamPair generated = has_generated ? cache.generated.rows() : StreamPair();
  if (isOneRow(form_, query)) {
    LayerPieces pieces{{{cache.prompt[0], {}}}, {{cache.prompt[1], {}}}};
    if (has_generated) {
      pieces.keys.push_back({generated[0], {}});
      pieces.values.push_back({generated[1], {}});
    }
    const OneRow row{query, first_position, form_.window(layer)};
    if (auto mixed = attendOneRow(form_, row, pieces, rotary_)) return *mixed;
  }
  std::vector<at::Tensor> scores{rowScores(form_, query, cache.prompt)};
  if (has_generated) scores.push_back(rowScores(form_, query, generated));
  const QueryRows rows{query.size(0), first_position, form_.window(layer), form_.softmax_scale};
  const auto weights = jointSoftmax(scores, rows, query.scalar_type());
  const size_t mixed_stream = placeOf(form_.mixed().stream);
  at::Tensor mixed = weightedValues(weights[0], cache.prompt[mixed_stream]);
  if (has_generated) mixed = mixed + weightedValues(weights[1], generated[mixed_stream]);
  return queryOrder(mixed, query.size(0));
}

void DenseCache::forgetGenerated() {
  for (LayerCache& layer : layers_) layer.generated.clear();
}

std::vector<MemoryPart> DenseCache::parts() const {
  CacheParts parts;
  for (const LayerCache& layer : layers_) {
    for (const StreamForm& form : form_.streams) {
      parts.addDense(form.stream, layer.prompt[placeOf(form.stream)]);
    }
    parts.addGenerated(layer.generated);
  }
  return parts.list();
}

}  // namespace xkv
