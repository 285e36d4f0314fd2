// SPDX-License-Identifier: Apache-2.0
/// Attention of a few query rows over rows of a cache, as grouped matrix products.
#include "engine/cache/row_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>

#include <limits>

namespace xkv {
namespace {

/// True where a query row must not see a position, (count, 1, length); undefined where all see all.
at::Tensor hidden(const QueryRows& rows, int64_t length, at::Device device) {
  const bool all_past = rows.count == 1 && length <= rows.first_position + 1;
  const bool all_inside = rows.window == 0 || length <= rows.window;
  if (all_past && all_inside) return {};
  const auto options = at::TensorOptions().dtype(at::kLong).device(device);
  const at::Tensor own =
      at::arange(rows.first_position, rows.first_position + rows.count, options).view({-1, 1, 1});
  const at::Tensor position = at::arange(length, options);
  const at::Tensor future = position > own;
  return rows.window == 0 ? future : future.logical_or(position <= own - rows.window);
}

}  // namespace

at::Tensor rowScores(const at::Tensor& query, const at::Tensor& keys) {
  const int64_t count = query.size(0);
  const int64_t kv_heads = keys.size(1);
  const int64_t group = query.size(1) / kv_heads;
  const int64_t head_dim = keys.size(2);
  const at::Tensor grouped = query.reshape({count, kv_heads, group, head_dim})
                                 .transpose(0, 1)
                                 .reshape({kv_heads, count * group, head_dim});
  return at::bmm(grouped, keys.permute({1, 2, 0}));
}

at::Tensor rowScores(const CacheForm& form, const at::Tensor& query, const StreamPair& rows) {
  at::Tensor sum;
  for (size_t i = 0; i < rows.size(); ++i) {
    const StreamForm& stream = form.streams[i];
    if (!stream.scored()) continue;
    const at::Tensor part =
        rowScores(query.narrow(2, stream.query_begin, stream.head_dim), rows[i]);
    sum = sum.defined() ? sum.add_(part) : part;
  }
  return sum;
}

std::vector<at::Tensor> jointSoftmax(const std::vector<at::Tensor>& scores, const QueryRows& rows,
                                     at::ScalarType dtype) {
  std::vector<int64_t> lengths;
  for (const at::Tensor& part : scores) lengths.push_back(part.size(2));
  const at::Tensor joined = scores.size() == 1 ? scores.front() : at::cat(scores, 2);
  at::Tensor scaled = joined.to(at::kFloat) * rows.softmax_scale;
  if (const at::Tensor mask = hidden(rows, scaled.size(2), scaled.device()); mask.defined()) {
    scaled.view({scaled.size(0), rows.count, -1, scaled.size(2)})
        .masked_fill_(mask, -std::numeric_limits<double>::infinity());
  }
  return at::softmax(scaled, -1).to(dtype).split_with_sizes(lengths, 2);
}

at::Tensor joinedWeights(const std::vector<at::Tensor>& parts) {
  return parts.size() == 1 ? parts.front() : at::cat(parts, 2);
}

at::Tensor weightedValues(const at::Tensor& weights, const at::Tensor& values) {
  return at::bmm(weights, values.transpose(0, 1));
}

at::Tensor queryOrder(const at::Tensor& mixed, int64_t count) {
  const int64_t kv_heads = mixed.size(0);
  const int64_t group = mixed.size(1) / count;
  return mixed.view({kv_heads, count, group, mixed.size(2)})
      .transpose(0, 1)
      .reshape({count, kv_heads * group, mixed.size(2)});
}

}  // namespace xkv
