// SPDX-License-Identifier: Apache-2.0
/// The uncompressed cache: rotated keys and values of every token.
#include "engine/cache/dense_cache.h"

#include <ATen/TensorOperators.h>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_attention.h"

namespace xkv {

DenseCache::DenseCache(HeadShape shape, const RotaryTable& rotary)
    : shape_(shape), rotary_(rotary), layers_(static_cast<size_t>(shape.num_layers)) {}

Status DenseCache::append(int64_t layer, KeyValueRows rows, PhaseSink&, std::stop_token) {
  LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const std::vector<int64_t> heads{-1, shape_.num_kv_heads, shape_.head_dim};
  const at::Tensor keys = rows.keys.view(heads);
  const at::Tensor values = rows.values.view(heads);
  if (!cache.keys.defined()) {
    cache.keys = rotary_.rotate(keys, 0);
    cache.values = values;
    return {};
  }
  const int64_t position = cache.keys.size(0) + cache.generated.size();
  cache.generated.push(rotary_.rotate(keys, position), values);
  return {};
}

at::Tensor DenseCache::attend(int64_t layer, const at::Tensor& query) const {
  const LayerCache& cache = layers_[static_cast<size_t>(layer)];
  const GeneratedRows& generated = cache.generated;
  std::vector<at::Tensor> scores{rowScores(query, cache.keys)};
  if (generated.size() > 0) scores.push_back(rowScores(query, generated.keys()));
  const auto weights = jointSoftmax(scores, query.scalar_type());
  at::Tensor mixed = weightedValues(weights[0], cache.values);
  if (generated.size() > 0) mixed = mixed + weightedValues(weights[1], generated.values());
  return mixed;
}

void DenseCache::forgetGenerated() {
  for (LayerCache& layer : layers_) layer.generated.clear();
}

std::vector<MemoryPart> DenseCache::parts() const {
  CacheParts parts;
  for (const LayerCache& layer : layers_) {
    parts.addDense(Stream::key, layer.keys);
    parts.addDense(Stream::value, layer.values);
    parts.addGenerated(layer.generated);
  }
  return parts.list();
}

}  // namespace xkv
