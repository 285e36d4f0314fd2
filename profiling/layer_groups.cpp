// SPDX-License-Identifier: Apache-2.0
/// Which groups of adjacent layers share one SVD, and the rank each group really gets.
#include "profiling/layer_groups.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace xkv {
namespace {

std::string text(int64_t number) { return std::to_string(number); }

std::string layersText(int64_t first, int64_t count) {
  return count == 1 ? "layer " + text(first)
                    : "layers " + text(first) + "-" + text(first + count - 1);
}

/// The compressed range of layers as [first, last].
Result<std::pair<int64_t, int64_t>> layerRange(const CompressionConfig& config,
                                               int64_t num_layers) {
  const int64_t last = config.end_layer < 0 ? num_layers - 1 : config.end_layer;
  if (config.start_layer < 0 || config.start_layer >= num_layers) {
    return failure(ErrorKind::bad_input, "start_layer is " + text(config.start_layer) +
                                             ", the model has layers 0-" + text(num_layers - 1));
  }
  if (config.end_layer < -1 || last >= num_layers) {
    return failure(ErrorKind::bad_input, "end_layer is " + text(config.end_layer) +
                                             ", the model has layers 0-" + text(num_layers - 1) +
                                             " (-1 is the last)");
  }
  if (last < config.start_layer) {
    return failure(ErrorKind::bad_input, "end_layer " + text(last) + " is before start_layer " +
                                             text(config.start_layer));
  }
  return std::pair{config.start_layer, last};
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

int64_t widestOf(const std::vector<LayerGroup>& groups) {
  int64_t most = 0;
  for (const LayerGroup& group : groups) most = std::max(most, group.num_layers);
  return most;
}

}  // namespace

CacheShape cacheShapeOf(const ModelShape& model) {
  const auto [first, second] = model.streams();
  return {model.num_layers, model.width(first), model.width(second)};
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
  const auto groups = config.layer_groups.empty()
                          ? runsOfLayers(range->first, range->second, config.layer_group_size)
                          : customGroups(config.layer_groups, range->first, range->second);
  if (!groups) return Failure(groups.error());

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
    if (config.merge_value) {
      const auto rank = rankOf(values, group.rank_v, group, seq_len, plan.notices);
      if (!rank) return Failure(rank.error());
      planned.rank_v = *rank;
    }
    plan.groups.push_back(planned);
  }
  return plan;
}

}  // namespace xkv
