// SPDX-License-Identifier: Apache-2.0
/// The decoder of every family: one layer over a whole prompt, or a few tokens through all layers.
#include "engine/model/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <utility>

#include "engine/model/mlp.h"
#include "engine/model/rms_norm.h"

namespace xkv {
namespace {

constexpr int64_t kQueryRows = 64;  // query rows over a cache at a time: their scores are held whole

int32_t small(int64_t index) { return static_cast<int32_t>(index); }

/// Writes `part` behind the rows before `begin`; the storage is made for all of them at the first part.
void place(at::Tensor& rows, const at::Tensor& part, int64_t begin, int64_t seq_len) {
  if (!rows.defined()) {
    std::vector<int64_t> shape = part.sizes().vec();
    shape[0] = seq_len;
    rows = at::empty(shape, part.options());
  }
  rows.slice(0, begin, begin + part.size(0)).copy_(part);
}

}  // namespace

Decoder::Decoder(ModelConfig config, Weights weights, at::Device device)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      device_(device),
      rotary_(config_, device) {
  for (const LayerWeights& layer : weights_.layers) {
    attentions_.push_back(makeAttention(layer, config_, rotary_));
  }
}

const Attention& Decoder::attention(int64_t layer) const {
  return *attentions_[static_cast<size_t>(layer)];
}

at::Tensor Decoder::embed(const std::vector<int64_t>& ids) const {
  return at::embedding(weights_.embedding, at::tensor(ids, at::kLong).to(device_));
}

at::Tensor Decoder::norm(const at::Tensor& x, const at::Tensor& weight) const {
  return rmsNorm(x, weight, config_.rms_norm_eps);
}

at::Tensor Decoder::finalNorm(const at::Tensor& hidden) const {
  return norm(hidden, weights_.final_norm);
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  return apply({weights_.head, {}}, finalNorm(hidden)).to(at::kFloat);
}

at::Tensor Decoder::promptAttention(int64_t layer, const at::Tensor& normed, int64_t begin,
                                    int64_t seq_len, Prompt& prompt, PhaseSink& phases) const {
  const Attention& attention = this->attention(layer);
  const int64_t end = begin + normed.size(0);
  at::Tensor query;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::projection, .layer = small(layer), .label = ""});
    const CacheRows rows = attention.rows(normed);
    const HeadRows heads = attention.expanded(rows, begin);
    for (size_t i = 0; i < rows.streams.size(); ++i) {
      place(prompt.rows.streams[i], rows.streams[i], begin, seq_len);
    }
    place(prompt.heads.keys, heads.keys, begin, seq_len);
    place(prompt.heads.values, heads.values, begin, seq_len);
    query = attention.promptQuery(normed, begin);
  }
  at::Tensor mixed;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::attention, .layer = small(layer), .label = ""});
    mixed = causalAttention(
        query, {prompt.heads.keys.slice(0, 0, end), prompt.heads.values.slice(0, 0, end)},
        config_.softmax_scale, config_.windows[static_cast<size_t>(layer)]);
  }
  PhaseScope scope(phases, {.kind = PhaseKind::projection, .layer = small(layer), .label = ""});
  return attention.promptOutput(mixed);
}

Result<CacheRows> Decoder::prefillLayer(int64_t index, at::Tensor& hidden, int64_t chunk,
                                        PhaseSink& phases, std::stop_token stop) const {
  const LayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const int64_t seq_len = hidden.size(0);
  Prompt prompt;
  for (int64_t begin = 0; begin < seq_len; begin += chunk) {
    if (stop.stop_requested()) {
      return failure(ErrorKind::interrupted,
                     "the prefill was cancelled in layer " + std::to_string(index));
    }
    at::Tensor rows = hidden.slice(0, begin, std::min(begin + chunk, seq_len));
    rows.add_(promptAttention(index, norm(rows, layer.input_norm), begin, seq_len, prompt, phases));
    PhaseScope scope(phases, {.kind = PhaseKind::mlp, .layer = small(index), .label = ""});
    rows.add_(feedForward(layer, config_, norm(rows, layer.post_attention_norm)));
  }
  return std::move(prompt.rows);
}

at::Tensor Decoder::cacheAttention(int64_t layer, const at::Tensor& query, int64_t first_position,
                                   const KvCache& cache, PhaseSink& phases) const {
  const PhaseKind kind = cache.rebuilds(layer) ? PhaseKind::rebuild : PhaseKind::attention;
  PhaseScope scope(phases, {.kind = kind, .layer = small(layer), .label = ""});
  std::vector<at::Tensor> mixed;
  for (int64_t begin = 0; begin < query.size(0); begin += kQueryRows) {
    const at::Tensor rows = query.slice(0, begin, std::min(begin + kQueryRows, query.size(0)));
    mixed.push_back(cache.attend(layer, rows, first_position + begin));
  }
  return mixed.size() == 1 ? mixed.front() : at::cat(mixed);
}

Status Decoder::stepLayer(int64_t index, int64_t first_position, at::Tensor& hidden,
                          KvCache& cache, PhaseSink& phases, std::stop_token stop) const {
  const LayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const Attention& attention = this->attention(index);
  at::Tensor query;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::projection, .layer = small(index), .label = ""});
    const at::Tensor normed = norm(hidden, layer.input_norm);
    QueryAndRows made = attention.step(normed, first_position);
    query = std::move(made.query);
    const Status kept = cache.append(index, std::move(made.rows), phases, std::move(stop));
    if (!kept) return kept;
  }
  const at::Tensor mixed = cacheAttention(index, query, first_position, cache, phases);
  PhaseScope scope(phases, {.kind = PhaseKind::mlp, .layer = small(index), .label = ""});
  hidden = hidden + attention.cacheOutput(mixed);
  hidden = hidden + feedForward(layer, config_, norm(hidden, layer.post_attention_norm));
  return {};
}

Result<at::Tensor> Decoder::step(const std::vector<int64_t>& ids, int64_t first_position,
                                 KvCache& cache, PhaseSink& phases, std::stop_token stop) const {
  at::Tensor hidden = embed(ids);
  for (int64_t index = 0; index < config_.shape.num_layers; ++index) {
    if (stop.stop_requested()) {
      return failure(ErrorKind::interrupted,
                     "decoding was cancelled at position " + std::to_string(first_position));
    }
    const Status done = stepLayer(index, first_position, hidden, cache, phases, stop);
    if (!done) return Failure(done.error());
  }
  PhaseScope scope(phases, {.kind = PhaseKind::logits, .label = ""});
  return logits(hidden.slice(0, hidden.size(0) - 1)).squeeze(0);
}

}  // namespace xkv
