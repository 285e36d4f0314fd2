// SPDX-License-Identifier: Apache-2.0
/// Made-up keys or values of adjacent layers that share a token basis, as the paper finds them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/cache/gram.h"

namespace xkv {

struct SyntheticKv {
  int64_t seq_len = 256;
  int64_t kv_dim = 64;
  int64_t num_layers = 4;
  int64_t shared_rank = 48;   ///< columns of the shared basis, their weight falls as a power law
  double decay = 0.8;         ///< weight of column i is (i + 1)^-decay
  double noise = 0.02;        ///< of each layer's own, relative to the shared part
  double bias = 0;            ///< a constant row added to every token, in units of the rows' norm
  int64_t distinct_rows = 0;  ///< > 0: tokens repeat after so many, as layer 0's keys do
  uint64_t seed = 7;
};

/// One (seq_len, kv_dim) tensor per layer.
LayerRows syntheticRows(const SyntheticKv& kv, at::ScalarType dtype = at::kFloat);

}  // namespace xkv
