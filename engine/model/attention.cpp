// SPDX-License-Identifier: Apache-2.0
/// Which attention a model has, and a prompt's attention over rows that are all there.
#include "engine/model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <optional>
#include <variant>

#include "engine/model/grouped_attention.h"
#include "engine/model/latent_attention.h"
#include "engine/ops/simd/cpu_products.h"
#include "engine/ops/simd/prompt_attention.h"
#include "engine/ops/tensor_rows.h"

namespace xkv {
namespace {

/// True where a query sees a position, (n, begin + n); none where that is plain causal from
/// position 0.
std::optional<at::Tensor> visible(const at::Tensor& queries, int64_t end, int64_t window) {
  const int64_t rows = queries.size(0);
  const int64_t begin = end - rows;
  const bool cut = window > 0 && end > window;
  if (begin == 0 && !cut) return std::nullopt;
  const auto options = at::TensorOptions().dtype(at::kLong).device(queries.device());
  const at::Tensor own = at::arange(begin, end, options).unsqueeze(1);
  const at::Tensor position = at::arange(end, options);
  const at::Tensor past = position <= own;
  return cut ? past.logical_and(position > own - window) : past;
}

/// What a prompt's queries see, and by how much scores are scaled.
struct Causal {
  std::optional<at::Tensor> mask;  // none = plain causal
  double softmax_scale = 1;
};

at::Tensor attendTo(const at::Tensor& queries, const HeadRows& rows, const Causal& causal) {
  const auto heads = [](const at::Tensor& x) { return x.transpose(0, 1).unsqueeze(0); };
  // Equal widths let LibTorch take its blockwise path, which never holds all scores.
  const int64_t value_dim = rows.values.size(2);
  const int64_t missing = queries.size(2) - value_dim;
  const at::Tensor values =
      missing > 0 ? at::constant_pad_nd(rows.values, {0, missing}) : rows.values;
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(queries), heads(rows.keys), heads(values), causal.mask, 0.0,
      /*is_causal=*/!causal.mask.has_value(), causal.softmax_scale,
      /*enable_gqa=*/rows.keys.size(1) != queries.size(1));
  return mixed.squeeze(0).transpose(0, 1).slice(2, 0, value_dim);
}

/// The same where the processor has no products of the rows' dtype: the rows of one KV head are in fp32 at a time.
at::Tensor attendInFloat(const at::Tensor& queries, const HeadRows& rows, const Causal& causal) {
  const int64_t kv_heads = rows.keys.size(1);
  const int64_t group = queries.size(1) / kv_heads;
  at::Tensor result =
      at::empty({queries.size(0), queries.size(1), rows.values.size(2)}, queries.options());
  for (int64_t head = 0; head < kv_heads; ++head) {
    const auto one = [&](const at::Tensor& x) {
      return x.slice(1, head, head + 1).to(at::kFloat).expand({-1, group, -1});
    };
    const at::Tensor own = queries.slice(1, head * group, (head + 1) * group).to(at::kFloat);
    result.slice(1, head * group, (head + 1) * group)
        .copy_(attendTo(own, {one(rows.keys), one(rows.values)}, causal));
  }
  return result;
}

bool isPlainBf16(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 && x.device().is_cpu() && x.stride(2) == 1;
}

/// By the processor's bf16 dot products, where LibTorch converts to fp32.
bool takesDotProducts(const at::Tensor& queries, const HeadRows& rows) {
  return simd::multipliesFast(Dtype::bf16) && isPlainBf16(queries) && isPlainBf16(rows.keys) &&
         isPlainBf16(rows.values);
}

simd::HeadElements elementsOf(const at::Tensor& x) {
  return {.data = x.const_data_ptr(), .token_stride = x.stride(0), .head_stride = x.stride(1)};
}

at::Tensor attendByDotProducts(const at::Tensor& queries, const HeadRows& rows, double softmax_scale,
                               int64_t window) {
  const at::Tensor result =
      at::empty({queries.size(0), queries.size(1), rows.values.size(2)}, queries.options());
  simd::promptAttention({.queries = elementsOf(queries),
                         .keys = elementsOf(rows.keys),
                         .values = elementsOf(rows.values),
                         .num_queries = queries.size(0),
                         .num_keys = rows.keys.size(0),
                         .num_heads = queries.size(1),
                         .num_kv_heads = rows.keys.size(1),
                         .key_dim = queries.size(2),
                         .value_dim = rows.values.size(2),
                         .window = window,
                         .softmax_scale = softmax_scale,
                         .result = result.mutable_data_ptr()});
  return result;
}

}  // namespace

std::unique_ptr<Attention> makeAttention(const LayerWeights& layer, const ModelConfig& config,
                                         const RotaryTable& rotary) {
  if (const auto* latent = std::get_if<LatentAttentionWeights>(&layer.attention)) {
    return std::make_unique<LatentAttention>(*latent, config, rotary);
  }
  return std::make_unique<GroupedAttention>(std::get<GroupedAttentionWeights>(layer.attention),
                                            config, rotary);
}

CacheForm cacheFormOf(const ModelConfig& config, const std::vector<LayerWeights>& layers) {
  CacheForm form;
  form.streams =
      config.shape.isMla() ? latentStreams(config, layers) : groupedStreams(config.shape);
  form.softmax_scale = config.softmax_scale;
  form.windows = config.windows;
  return form;
}

at::Tensor causalAttention(const at::Tensor& queries, const HeadRows& rows, double softmax_scale,
                           int64_t window) {
  if (takesDotProducts(queries, rows)) return attendByDotProducts(queries, rows, softmax_scale, window);
  const auto mask = visible(queries, rows.keys.size(0), window);
  const Causal causal{mask, softmax_scale};
  const bool in_float = hasPlainElements(queries) &&
                        !simd::multipliesFast(dtypeOf(queries.scalar_type()));
  return in_float ? attendInFloat(queries, rows, causal) : attendTo(queries, rows, causal);
}

}  // namespace xkv
