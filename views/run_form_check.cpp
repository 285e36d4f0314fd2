// SPDX-License-Identifier: GPL-3.0-or-later
/// What is wrong with a RunSpec before it is sent: one sentence for each field.
#include "views/run_form_check.h"

#include <algorithm>
#include <limits>

#include "profiling/layer_groups.h"

namespace xkv::views {
namespace {

constexpr int64_t kManyLayers = 4096;  // checks that need no shape use one that allows everything

/// The engine's own arithmetic refuses here what it would refuse there.
std::optional<std::string> compressionProblem(const CompressionConfig& config,
                                              const std::optional<ModelShape>& shape) {
  constexpr int64_t kAnyWidth = int64_t{1} << 30;
  const CacheShape cache =
      shape ? cacheShapeOf(*shape) : CacheShape{kManyLayers, kAnyWidth, kAnyWidth};
  const auto plan = planGroups(config, cache, std::numeric_limits<int64_t>::max());
  if (plan) return std::nullopt;
  return plan.error().message;
}

}  // namespace

std::vector<FormProblem> problemsOf(const RunSpec& spec, const std::optional<ModelShape>& shape) {
  std::vector<FormProblem> problems;
  if (spec.model_dir.empty())
    problems.push_back(
        {FormField::model_dir,
         "A model folder is needed: it holds config.json, the weights and tokenizer.json."});
  if (spec.prompt.empty() && spec.prompt_ids.empty())
    problems.push_back({FormField::prompt, "A prompt is needed: text, or token ids."});
  if (std::any_of(spec.prompt_ids.begin(), spec.prompt_ids.end(),
                  [](int64_t id) { return id < 0; }))
    problems.push_back(
        {FormField::prompt, "Token ids are whole numbers from 0, with commas between them."});
  if (const auto sentence = compressionProblem(spec.compression, shape))
    problems.push_back({FormField::compression, *sentence + "."});
  const Sampling& sampling = spec.sampling;
  if (sampling.top_p <= 0 || sampling.top_p > 1)
    problems.push_back({FormField::sampling, "top_p lies above 0 and at most at 1."});
  if (sampling.temperature == 0 && (sampling.top_k > 0 || sampling.top_p < 1))
    problems.push_back(
        {FormField::sampling, "top_k and top_p have no effect at temperature 0, which is greedy."});
  return problems;
}

}  // namespace xkv::views
