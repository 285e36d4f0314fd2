// SPDX-License-Identifier: Apache-2.0
/// Made-up keys or values of adjacent layers that share a token basis, as the paper finds them.
#include "engine/bench/synthetic_rows.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

namespace xkv {

LayerRows syntheticRows(const SyntheticKv& kv, at::ScalarType dtype) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(kv.seed);
  const auto normal = [&](int64_t rows, int64_t columns) {
    return at::randn({rows, columns}, generator, at::TensorOptions().dtype(at::kDouble));
  };
  const at::Tensor weights = at::arange(1, kv.shared_rank + 1, at::kDouble).pow(-kv.decay);
  const at::Tensor basis = normal(kv.seq_len, kv.shared_rank) * weights;
  const at::Tensor order = at::arange(kv.seq_len, at::kLong)
                               .remainder(kv.distinct_rows > 0 ? kv.distinct_rows : kv.seq_len);
  LayerRows rows;
  for (int64_t layer = 0; layer < kv.num_layers; ++layer) {
    at::Tensor x = at::mm(basis, normal(kv.shared_rank, kv.kv_dim));
    x = x + kv.noise * x.std() * normal(kv.seq_len, kv.kv_dim);
    if (kv.bias > 0) x = x + kv.bias * x.std() * normal(1, kv.kv_dim);
    rows.push_back(x.index_select(0, order).to(dtype));
  }
  return rows;
}

}  // namespace xkv
