// SPDX-License-Identifier: GPL-3.0-or-later
/// What is wrong with a RunSpec before it is sent: one sentence for each field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiling/records/model_shape.h"
#include "profiling/records/run_spec.h"

namespace xkv::views {

/// The places of the form where a sentence can stand.
enum class FormField { model_dir, prompt, compression, sampling };

struct FormProblem {
  FormField field = FormField::model_dir;
  std::string sentence;
  friend bool operator==(const FormProblem&, const FormProblem&) = default;
};

/// Empty if the spec can be sent. With a shape it also knows layers and widths; the rest is the
/// engine's to refuse.
std::vector<FormProblem> problemsOf(const RunSpec& spec, const std::optional<ModelShape>& shape);

}  // namespace xkv::views
