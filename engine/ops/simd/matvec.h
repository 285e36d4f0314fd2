// SPDX-License-Identifier: Apache-2.0
/// Products of weight matrices with one row: what a decode step spends its time in.
#pragma once

#include <cstdint>
#include <span>

#include "profiling/records/dtype.h"

namespace xkv::simd {

struct MatvecWeight {
  const void* weight = nullptr;  // (out, in), rows one after the other, in MatvecArgs::weight_dtype
  const void* bias = nullptr;    // (out) of the same dtype; nullptr = none
  int64_t out = 0;
  void* result = nullptr;  // (out) in MatvecArgs::result_dtype
};

/// Pointers need the alignment of their element only.
struct MatvecArgs {
  const void* x = nullptr;  // (in)
  Dtype x_dtype = Dtype::fp32;
  int64_t in = 0;
  Dtype weight_dtype = Dtype::fp32;
  Dtype result_dtype = Dtype::fp32;
  std::span<const MatvecWeight> weights;  // of one x: it is read once for all of them
};

/// result = W x + bias for each weight. Products and sums in fp32, rounded once, when they are stored.
void matvec(const MatvecArgs& args);

/// silu(G x) * (U x) of weights {G, U} into the first one's result: the middle of a gated MLP, without storing
/// either product.
void gatedMatvec(const MatvecArgs& args);

/// Plain loops, the reference of the above.
namespace portable {
void matvec(const MatvecArgs& args);
void gatedMatvec(const MatvecArgs& args);
}  // namespace portable

}  // namespace xkv::simd
