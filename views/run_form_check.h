// SPDX-License-Identifier: GPL-3.0-or-later
/// What is wrong with a RunSpec before it is sent: one sentence for each field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiling/records/model_shape.h"
#include "profiling/records/run_spec.h"

namespace xkv::views {

/// The fields of the form that can be wrong.
enum class FormField {
  model_dir, prompt, layer_group_size, rank_k, rank_v, merge, layers, max_new_tokens, top_p,
};

struct FormProblem {
  FormField field = FormField::model_dir;
  std::string sentence;
  friend bool operator==(const FormProblem&, const FormProblem&) = default;
};

/// Empty if the spec can be sent. With a shape it also knows layers and widths; the rest is the engine's
/// to refuse.
std::vector<FormProblem> problemsOf(const RunSpec& spec, const std::optional<ModelShape>& shape);

/// Default rank of METHOD.md 2 for a group of `layer_group_size` layers; at least 1.
int64_t defaultRank(Stream stream, int64_t kv_dim, int64_t layer_group_size);

}  // namespace xkv::views
