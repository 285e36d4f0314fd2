// SPDX-License-Identifier: Apache-2.0
/// The decoder of the Llama family: one layer over a whole prompt, or one token through all layers.
#include "engine/model/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <utility>

namespace xkv {
namespace {

at::Tensor apply(const Linear& linear, const at::Tensor& x) {
  return linear.bias.defined() ? at::linear(x, linear.weight, linear.bias)
                               : at::linear(x, linear.weight);
}

/// queries (n, num_heads, head_dim) at positions begin.. over keys and values (begin + n, num_kv_heads,
/// head_dim), causal → (n, num_heads * head_dim).
at::Tensor causalAttention(const at::Tensor& queries, const at::Tensor& keys,
                           const at::Tensor& values, int64_t begin) {
  const int64_t rows = queries.size(0);
  const auto heads = [](const at::Tensor& x) { return x.transpose(0, 1).unsqueeze(0); };
  std::optional<at::Tensor> mask;
  if (begin > 0) {
    const auto positions = at::TensorOptions().dtype(at::kLong).device(queries.device());
    const at::Tensor row = at::arange(begin, begin + rows, positions).unsqueeze(1);
    mask = at::arange(begin + rows, positions).unsqueeze(0) <= row;
  }
  const at::Tensor mixed =
      at::scaled_dot_product_attention(heads(queries), heads(keys), heads(values), mask, 0.0,
                                       /*is_causal=*/begin == 0, /*scale=*/std::nullopt,
                                       /*enable_gqa=*/keys.size(1) != queries.size(1));
  return mixed.squeeze(0).transpose(0, 1).reshape({rows, queries.size(1) * queries.size(2)});
}

int32_t small(int64_t index) { return static_cast<int32_t>(index); }

}  // namespace

Decoder::Decoder(ModelConfig config, Weights weights, at::Device device)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      device_(device),
      rotary_(config_, device) {}

at::Tensor Decoder::embed(const std::vector<int64_t>& ids) const {
  return at::embedding(weights_.embedding, at::tensor(ids, at::kLong).to(device_));
}

at::Tensor Decoder::norm(const at::Tensor& x, const at::Tensor& weight) const {
  return at::rms_norm(x, {config_.shape.hidden_size}, weight, config_.rms_norm_eps);
}

at::Tensor Decoder::finalNorm(const at::Tensor& hidden) const {
  return norm(hidden, weights_.final_norm);
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  return at::linear(finalNorm(hidden), weights_.head).to(at::kFloat);
}

at::Tensor Decoder::mlp(const LayerWeights& layer, const at::Tensor& hidden) const {
  const at::Tensor normed = norm(hidden, layer.post_attention_norm);
  return apply(layer.down, at::silu(apply(layer.gate, normed)).mul_(apply(layer.up, normed)));
}

at::Tensor Decoder::promptAttention(const LayerWeights& layer, const at::Tensor& normed,
                                    int64_t begin, Prompt& prompt, PhaseSink& phases,
                                    int32_t index) const {
  const ModelShape& shape = config_.shape;
  const int64_t rows = normed.size(0);
  const int64_t end = begin + rows;
  at::Tensor queries;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::projection, .layer = index, .label = ""});
    const std::vector<int64_t> kv_heads{rows, shape.num_kv_heads, shape.head_dim};
    const at::Tensor keys = apply(layer.key, normed);
    prompt.keys.slice(0, begin, end).copy_(keys);
    prompt.values.slice(0, begin, end).copy_(apply(layer.value, normed));
    prompt.rotated.slice(0, begin, end).copy_(rotary_.rotate(keys.view(kv_heads), begin));
    queries = rotary_.rotate(
        apply(layer.query, normed).view({rows, shape.num_heads, shape.head_dim}), begin);
  }
  at::Tensor mixed;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::attention, .layer = index, .label = ""});
    mixed = causalAttention(
        queries, prompt.rotated.slice(0, 0, end),
        prompt.values.slice(0, 0, end).view({end, shape.num_kv_heads, shape.head_dim}), begin);
  }
  PhaseScope scope(phases, {.kind = PhaseKind::projection, .layer = index, .label = ""});
  return apply(layer.output, mixed);
}

Result<KeyValueRows> Decoder::prefillLayer(int64_t index, at::Tensor& hidden, int64_t chunk,
                                           PhaseSink& phases, std::stop_token stop) const {
  const LayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const ModelShape& shape = config_.shape;
  const int64_t seq_len = hidden.size(0);
  Prompt prompt{at::empty({seq_len, shape.kvDim()}, hidden.options()),
                at::empty({seq_len, shape.num_kv_heads, shape.head_dim}, hidden.options()),
                at::empty({seq_len, shape.kvDim()}, hidden.options())};
  for (int64_t begin = 0; begin < seq_len; begin += chunk) {
    if (stop.stop_requested()) {
      return failure(ErrorKind::interrupted,
                     "the prefill was cancelled in layer " + std::to_string(index));
    }
    at::Tensor rows = hidden.slice(0, begin, std::min(begin + chunk, seq_len));
    rows.add_(promptAttention(layer, norm(rows, layer.input_norm), begin, prompt, phases,
                              small(index)));
    PhaseScope scope(phases, {.kind = PhaseKind::mlp, .layer = small(index), .label = ""});
    rows.add_(mlp(layer, rows));
  }
  return KeyValueRows{prompt.keys, prompt.values};
}

Status Decoder::stepLayer(int64_t index, int64_t position, at::Tensor& hidden, KvCache& cache,
                          PhaseSink& phases, std::stop_token stop) const {
  const LayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const ModelShape& shape = config_.shape;
  at::Tensor query;
  {
    PhaseScope scope(phases, {.kind = PhaseKind::projection, .layer = small(index), .label = ""});
    const at::Tensor normed = norm(hidden, layer.input_norm);
    query = rotary_.rotate(
        apply(layer.query, normed).view({1, shape.num_heads, shape.head_dim}), position);
    const Status kept = cache.append(
        index, {apply(layer.key, normed), apply(layer.value, normed)}, phases, std::move(stop));
    if (!kept) return kept;
  }
  at::Tensor mixed;
  {
    const PhaseKind kind = cache.rebuilds(index) ? PhaseKind::rebuild : PhaseKind::attention;
    PhaseScope scope(phases, {.kind = kind, .layer = small(index), .label = ""});
    mixed = cache.attend(index, query.squeeze(0)).reshape({1, shape.num_heads * shape.head_dim});
  }
  PhaseScope scope(phases, {.kind = PhaseKind::mlp, .layer = small(index), .label = ""});
  hidden = hidden + apply(layer.output, mixed);
  hidden = hidden + mlp(layer, hidden);
  return {};
}

Result<at::Tensor> Decoder::step(int64_t id, int64_t position, KvCache& cache, PhaseSink& phases,
                                 std::stop_token stop) const {
  at::Tensor hidden = embed({id});
  for (int64_t index = 0; index < config_.shape.num_layers; ++index) {
    if (stop.stop_requested()) {
      return failure(ErrorKind::interrupted,
                     "decoding was cancelled at position " + std::to_string(position));
    }
    const Status done = stepLayer(index, position, hidden, cache, phases, stop);
    if (!done) return Failure(done.error());
  }
  PhaseScope scope(phases, {.kind = PhaseKind::logits, .label = ""});
  return logits(hidden).squeeze(0);
}

}  // namespace xkv
