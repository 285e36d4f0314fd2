// SPDX-License-Identifier: Apache-2.0
/// How attention reads what a cache keeps.
#include "engine/cache/cache_form.h"

#include <ATen/TensorOperators.h>

#include "engine/model/rms_norm.h"

namespace xkv {

at::Tensor headView(const StreamForm& form, const at::Tensor& rows) {
  return rows.view({rows.size(0), form.num_heads, form.head_dim});
}

at::Tensor rowScales(const StreamForm& form, const at::Tensor& rows) {
  if (form.norms.empty()) return {};
  return (rows.to(at::kFloat).square().mean({1}) + form.norm_eps).rsqrt();
}

at::Tensor readable(const StreamForm& form, int64_t layer, const at::Tensor& rows,
                    int64_t first_position, const RotaryTable& rotary) {
  if (form.rotates) return rotary.rotate(headView(form, rows), first_position);
  if (form.norms.empty()) return headView(form, rows);
  const at::Tensor& weight = form.norms[static_cast<size_t>(layer)];
  return headView(form, rmsNorm(rows, weight, form.norm_eps));
}

StreamPair readable(const CacheForm& form, int64_t layer, const CacheRows& rows,
                    int64_t first_position, const RotaryTable& rotary) {
  return {readable(form.streams[0], layer, rows.streams[0], first_position, rotary),
          readable(form.streams[1], layer, rows.streams[1], first_position, rotary)};
}

}  // namespace xkv
