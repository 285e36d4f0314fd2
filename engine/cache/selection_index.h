// SPDX-License-Identifier: Apache-2.0
/// What Selective Reconstruction keeps of one layer's prompt beside its factors (METHOD.md 6, Prefill).
#pragma once

#include <ATen/core/Tensor.h>

#include "profiling/selective_plan.h"

namespace xkv {

/// Made from the original keys, rotated. Tensors have storage of their own.
struct SelectionIndex {
  at::Tensor landmarks;        // (num_kv_heads, candidates, head_dim), the keys' dtype or int8 codes
  at::Tensor landmark_scales;  // (num_kv_heads, candidates) fp32; undefined where the landmarks are no codes
  at::Tensor candidates;       // (selections, candidates) int32: chunks that can be chosen, ascending
  at::Tensor outliers;         // (selections, outlier_chunks) int32, ascending
  at::Tensor local_keys;       // (local tokens, num_kv_heads, head_dim)
  at::Tensor local_values;
  at::Tensor outlier_keys;  // (num_kv_heads, outlier_chunks * chunk, head_dim)
  at::Tensor outlier_values;
};

/// keys and values (seq_len, num_kv_heads, head_dim), keys rotated. A landmark is the mean of its chunk's keys;
/// outliers are the chunks whose worst token has the lowest cosine to it. selections = num_kv_heads, or 1 where
/// the config shares the selection: then the lowest cosine over all heads counts.
SelectionIndex makeSelectionIndex(const at::Tensor& keys, const at::Tensor& values,
                                  const SelectiveConfig& config, const SelectivePlan& plan);

}  // namespace xkv
