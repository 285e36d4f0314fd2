// SPDX-License-Identifier: Apache-2.0
/// Which groups of adjacent layers share one SVD, and the rank each group really gets.
#include "profiling/layer_groups.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "profiling/records/sentence.h"
#include "profiling/records/words.h"
#include "profiling/selective_plan.h"

namespace xkv {
namespace {

std::string text(int64_t number) { return std::to_string(number); }

std::string layersText(int64_t first, int64_t count) {
  return count == 1 ? "layer " + text(first)
                    : "layers " + text(first) + "-" + text(first + count - 1);
}

/// MiniCache leaves the first half of the layers alone, as its paper does; a plan that lists its pairs may be
/// anywhere.
int64_t defaultStart(const CompressionConfig& config, int64_t num_layers) {
  const bool halves = config.method == Method::minicache && config.layer_groups.empty();
  return halves ? num_layers / 2 : 0;
}

/// The compressed range of layers as [first, last].
Result<std::pair<int64_t, int64_t>> layerRange(const CompressionConfig& config,
                                               int64_t num_layers) {
  const int64_t last = config.end_layer < 0 ? num_layers - 1 : config.end_layer;
  const int64_t first =
      config.start_layer == -1 ? defaultStart(config, num_layers) : config.start_layer;
  if (first < 0 || first >= num_layers) {
    return failure(ErrorKind::bad_input, "start_layer is " + text(config.start_layer) +
                                             ", the model has layers 0-" + text(num_layers - 1));
  }
  if (config.end_layer < -1 || last >= num_layers) {
    return failure(ErrorKind::bad_input, "end_layer is " + text(config.end_layer) +
                                             ", the model has layers 0-" + text(num_layers - 1) +
                                             " (-1 is the last)");
  }
  if (last < first) {
    return failure(ErrorKind::bad_input,
                   "end_layer " + text(last) + " is before start_layer " + text(first));
  }
  return std::pair{first, last};
}

Result<std::vector<LayerGroup>> runsOfLayers(int64_t first, int64_t last, int64_t size) {
  if (size < 1) {
    return failure(ErrorKind::bad_input,
                   "layer_group_size is " + text(size) + ", at least 1 is needed");
  }
  std::vector<LayerGroup> groups;
  int64_t layer = first;
  while (layer <= last) {
    const int64_t count = std::min(size, last - layer + 1);
    groups.push_back({.first_layer = layer, .num_layers = count, .rank_k = {}, .rank_v = {}});
    layer += count;
  }
  return groups;
}

/// The custom groups in order of layers, each inside the range and none overlapping.
Result<std::vector<LayerGroup>> customGroups(std::vector<LayerGroup> groups, int64_t first,
                                             int64_t last) {
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a.first_layer < b.first_layer; });
  int64_t next_free = first;
  for (const LayerGroup& group : groups) {
    if (group.num_layers < 1) {
      return failure(ErrorKind::bad_input, "a group of layer_groups is empty");
    }
    const std::string name = layersText(group.first_layer, group.num_layers);
    if (group.first_layer < first || group.num_layers > last - group.first_layer + 1) {
      return failure(ErrorKind::bad_input, "a group of layer_groups holds " + name +
                                               ", the compressed range is layers " + text(first) +
                                               "-" + text(last));
    }
    if (group.first_layer < next_free) {
      return failure(ErrorKind::bad_input,
                     "layer " + text(group.first_layer) + " stands in two groups of layer_groups");
    }
    next_free = group.first_layer + group.num_layers;
  }
  return groups;
}

struct RankRequest {
  const char* name;               // "rank_k"
  std::optional<int64_t> common;  // of the whole config
  int64_t layer_width;            // of the stream
  int64_t fallback;               // METHOD.md 2 default
  int64_t widest;                 // width of the widest group
};

/// The rank one group really gets; said in notices where it is not what was asked.
Result<int64_t> rankOf(const RankRequest& request, std::optional<int64_t> own,
                       const LayerGroup& group, int64_t seq_len,
                       std::vector<std::string>& notices) {
  const int64_t width = group.num_layers * request.layer_width;
  const std::string name = layersText(group.first_layer, group.num_layers);
  if (own && (*own < 1 || *own > width)) {
    return failure(ErrorKind::bad_input, std::string(request.name) + " of " + name + " is " +
                                             text(*own) + ", the group allows 1-" + text(width));
  }
  if (request.common && (*request.common < 1 || *request.common > request.widest)) {
    return failure(ErrorKind::bad_input, std::string(request.name) + " is " +
                                             text(*request.common) +
                                             ", the widest group allows 1-" + text(request.widest));
  }
  const int64_t asked = own.value_or(request.common.value_or(request.fallback));
  const int64_t rank = std::min({asked, width, seq_len});
  if (rank < asked) {
    const bool by_width = width <= seq_len;
    notices.push_back(std::string(request.name) + " " + text(asked) + " is above the " +
                      (by_width ? "width " + text(width) + " of " + name
                                : "prompt's " + text(seq_len) + " tokens") +
                      "; " + text(rank) + " is used" + (by_width ? "" : " for " + name));
  }
  return rank;
}

Status checkSlerp(const CompressionConfig& config, const std::vector<LayerGroup>& groups,
                  const CacheShape& shape) {
  if (shape.is_latent) {
    return failure(ErrorKind::bad_input,
                   "minicache merges keys and values; this model caches latents (MLA), which it does "
                   "not merge");
  }
  const auto share = [](const char* name, double value) -> Status {
    if (value >= 0 && value <= 1) return {};
    return failure(ErrorKind::bad_input, sentence("{} is {}, 0 to 1 is needed", name, value));
  };
  for (const LayerGroup& group : groups) {
    if (group.num_layers != 2 && !config.layer_groups.empty()) {
      return failure(ErrorKind::bad_input, "minicache merges pairs of layers; a group of layer_groups "
                                           "holds " +
                                               layersText(group.first_layer, group.num_layers));
    }
    for (const Status& fits : {share("slerp_t", group.slerp_t.value_or(config.slerp_t)),
                               share("slerp_gamma", group.slerp_gamma.value_or(config.slerp_gamma))}) {
      if (!fits) return fits;
    }
  }
  return {};
}

/// The pairs of a MiniCache.
Result<GroupPlan> planPairs(const CompressionConfig& config, const std::vector<LayerGroup>& groups,
                            const CacheShape& shape) {
  const Status fits = checkSlerp(config, groups, shape);
  if (!fits) return Failure(fits.error());
  GroupPlan plan;
  for (const LayerGroup& group : groups) {
    if (group.num_layers != 2) {
      plan.notices.push_back("layer " + text(group.first_layer) +
                             " has no layer left to be merged with and stays dense");
      continue;
    }
    plan.groups.push_back({.first_layer = group.first_layer,
                           .num_layers = 2,
                           .slerp_k = config.merge_key,
                           .slerp_v = config.merge_value,
                           .slerp_t = group.slerp_t.value_or(config.slerp_t),
                           .slerp_gamma = group.slerp_gamma.value_or(config.slerp_gamma)});
  }
  if (plan.groups.empty()) {
    return failure(ErrorKind::bad_input,
                   "minicache merges pairs of layers; the compressed range has only one layer");
  }
  return plan;
}

bool hasTarget(const CompressionConfig& config) {
  return config.target_error.has_value() || config.target_energy.has_value();
}

/// What only xKV knows: bits of codes, a target instead of ranks.
Status checkXkv(const CompressionConfig& config) {
  for (const auto& [name, bits] : {std::pair{"token_basis_bits", config.token_basis_bits},
                                   std::pair{"layer_factor_bits", config.layer_factor_bits}}) {
    if (bits != 0 && bits != 4 && bits != 8) {
      return failure(ErrorKind::bad_input, sentence("{} is {}, 8 or 4 is needed", name, bits));
    }
  }
  if (config.recompress_after < 0) {
    return failure(ErrorKind::bad_input, sentence("recompress_after is {}, at least 0 is needed",
                                                  config.recompress_after));
  }
  if (!(config.recompress_residual >= 0 && config.recompress_residual <= 1)) {
    return failure(ErrorKind::bad_input, sentence("recompress_residual is {}, 0 to 1 is needed",
                                                  config.recompress_residual));
  }
  if (!hasTarget(config)) return {};
  if (config.target_error && config.target_energy) {
    return failure(ErrorKind::bad_input, "target_error and target_energy are both given; one is needed");
  }
  const char* name = config.target_error ? "target_error" : "target_energy";
  const double target = config.target_error ? *config.target_error : *config.target_energy;
  if (!(target > 0 && target < 1)) {
    return failure(ErrorKind::bad_input,
                   sentence("{} is {}, a number between 0 and 1 is needed", name, target));
  }
  const auto own = std::ranges::find_if(
      config.layer_groups, [](const LayerGroup& group) { return group.rank_k || group.rank_v; });
  if (config.rank_k || config.rank_v || own != config.layer_groups.end()) {
    return failure(ErrorKind::bad_input,
                   sentence("{} chooses the ranks; rank_k and rank_v cannot stand beside it", name));
  }
  return {};
}

/// What Selective Reconstruction cannot do.
Status checkSelectiveMethod(const CompressionConfig& config, const CacheShape& shape) {
  const auto refuse = [&](const std::string& why) {
    return failure(ErrorKind::bad_input, std::string(word(config.method)) + " " + why);
  };
  if (shape.is_latent) return refuse("chooses among keys; this model caches latents (MLA)");
  if (shape.sliding_window > 0) {
    return refuse(sentence("chooses among all tokens; this model sees a window of {}",
                           shape.sliding_window));
  }
  if (config.recompress_after > 0) return refuse("keeps new tokens exact; recompress_after cannot be");
  if (config.token_basis_bits > 0) {
    return refuse(sentence("gathers rows of A as they are; token_basis_bits {} cannot be",
                           config.token_basis_bits));
  }
  if (!config.merge_key) return refuse("rebuilds keys; merge_key cannot be false");
  if (config.method == Method::xkv_sr && !config.merge_value) {
    return refuse("has values of low rank too; xk-sr keeps them dense");
  }
  return checkSelective(config.selective);
}

int64_t widestOf(const std::vector<LayerGroup>& groups) {
  int64_t most = 0;
  for (const LayerGroup& group : groups) most = std::max(most, group.num_layers);
  return most;
}

/// Ranks are chosen when a group's spectrum is known; until then the largest possible ones stand here.
void addForTarget(const CompressionConfig& config, const std::vector<LayerGroup>& groups,
                  const CacheShape& shape, int64_t seq_len, GroupPlan& plan) {
  const bool has_values = config.merge_value && config.method != Method::xk_sr;
  for (const LayerGroup& group : groups) {
    PlannedGroup planned{.first_layer = group.first_layer, .num_layers = group.num_layers};
    if (config.merge_key) planned.rank_k = std::min(seq_len, group.num_layers * shape.width_k);
    if (has_values) planned.rank_v = std::min(seq_len, group.num_layers * shape.width_v);
    plan.groups.push_back(planned);
  }
  plan.notices.push_back(
      config.target_error
          ? sentence("each group gets the smallest rank whose error is at most {}", *config.target_error)
          : sentence("each group gets the smallest rank that holds {} of its energy",
                     *config.target_energy));
  if (config.token_basis_bits > 0 || config.layer_factor_bits > 0) {
    plan.notices.push_back("the target is about ranks; what quantised factors add comes on top");
  }
}

}  // namespace

CacheShape cacheShapeOf(const ModelShape& model) {
  const auto [first, second] = model.streams();
  return {model.num_layers, model.width(first), model.width(second), model.isMla(),
          model.sliding_window};
}

void takeDefaultStreams(CompressionConfig& config, const ModelShape& model) {
  const auto has_rank_v = [](const LayerGroup& group) { return group.rank_v.has_value(); };
  const bool asked = config.rank_v || std::ranges::any_of(config.layer_groups, has_rank_v);
  config.merge_key = true;
  config.merge_value = !model.isMla() || asked;
}

std::optional<std::string> streamsNotice(const CompressionConfig& config,
                                         const ModelShape& model) {
  const bool latents_alone = model.isMla() && config.merge_key && !config.merge_value;
  if (config.method == Method::dense || !latents_alone) return std::nullopt;
  return "the latents are compressed and the RoPE keys stay dense, as in the paper; --merge-value "
         "compresses RoPE keys";
}

int64_t defaultRankK(int64_t width, int64_t layer_group_size) {
  return std::max<int64_t>(1, 3 * width * layer_group_size / 32);
}

int64_t defaultRankV(int64_t width, int64_t layer_group_size) {
  return std::max<int64_t>(1, 9 * width * layer_group_size / 64);
}

namespace {

/// What rounding factors adds to a relative error; fp16 has three bits more than bf16.
double roundingOf(Dtype factor_dtype) {
  switch (factor_dtype) {
    case Dtype::bf16: return kBf16Floor;
    case Dtype::fp16: return kBf16Floor / 8;
    case Dtype::fp32: break;
  }
  return 0;
}

}  // namespace

Result<double> mostTruncationError(const CompressionConfig& config, Dtype factor_dtype) {
  constexpr double kFloorMargin = 1.03;  // the floor is measured, and differs a little between caches
  if (!isFactored(config.method)) return 0.0;
  if (config.target_energy) return std::sqrt(1 - *config.target_energy);
  if (!config.target_error) return 0.0;
  const bool all_codes = config.token_basis_bits > 0 && config.layer_factor_bits > 0;
  const double floor = all_codes ? 0 : kFloorMargin * roundingOf(factor_dtype);
  const double target = *config.target_error;
  if (target > floor) return std::sqrt(target * target - floor * floor);
  return failure(ErrorKind::bad_input,
                 sentence("target_error {} cannot be reached: factors in {} alone are {} off; "
                          "factor_dtype fp32 adds nothing",
                          target, word(factor_dtype), roundingOf(factor_dtype)));
}

Result<GroupPlan> planGroups(const CompressionConfig& config, const CacheShape& shape,
                             int64_t seq_len) {
  GroupPlan plan;
  if (config.method == Method::dense) return plan;
  if (!config.merge_key && !config.merge_value) {
    return failure(ErrorKind::bad_input,
                   "merge_key and merge_value are both false, so nothing would be compressed");
  }
  const auto range = layerRange(config, shape.num_layers);
  if (!range) return Failure(range.error());
  const bool pairs = config.method == Method::minicache;
  if (const Status fits = pairs ? Status{} : checkXkv(config); !fits) return Failure(fits.error());
  if (isSelective(config.method)) {
    const Status can = checkSelectiveMethod(config, shape);
    if (!can) return Failure(can.error());
    if (auto notice = selectionNotice(config.selective, seq_len)) {
      plan.notices.push_back(std::move(*notice));
    }
    if (config.method == Method::xk_sr && config.merge_value && config.rank_v) {
      plan.notices.push_back(sentence("xk-sr keeps values dense; rank_v {} is not used", *config.rank_v));
    }
  }
  const auto groups =
      config.layer_groups.empty()
          ? runsOfLayers(range->first, range->second, pairs ? 2 : config.layer_group_size)
          : customGroups(config.layer_groups, range->first, range->second);
  if (!groups) return Failure(groups.error());
  if (pairs) return planPairs(config, *groups, shape);

  const bool has_values = config.merge_value && config.method != Method::xk_sr;
  if (hasTarget(config)) {
    addForTarget(config, *groups, shape, seq_len, plan);
    return plan;
  }
  const int64_t widest = widestOf(*groups);
  const RankRequest keys{"rank_k", config.rank_k, shape.width_k,
                         defaultRankK(shape.width_k, widest), widest * shape.width_k};
  const RankRequest values{"rank_v", config.rank_v, shape.width_v,
                           defaultRankV(shape.width_v, widest), widest * shape.width_v};
  for (const LayerGroup& group : *groups) {
    PlannedGroup planned{.first_layer = group.first_layer, .num_layers = group.num_layers};
    if (config.merge_key) {
      const auto rank = rankOf(keys, group.rank_k, group, seq_len, plan.notices);
      if (!rank) return Failure(rank.error());
      planned.rank_k = *rank;
    }
    if (has_values) {
      const auto rank = rankOf(values, group.rank_v, group, seq_len, plan.notices);
      if (!rank) return Failure(rank.error());
      planned.rank_v = *rank;
    }
    plan.groups.push_back(planned);
  }
  return plan;
}

}  // namespace xkv
