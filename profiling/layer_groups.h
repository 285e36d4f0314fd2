// SPDX-License-Identifier: Apache-2.0
/// Which groups of adjacent layers share one SVD, and the rank each group really gets (METHOD.md 2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/run_record.h"

namespace xkv {

/// What is cached per layer: two streams, of these widths.
struct CacheShape {
  int64_t num_layers = 0;
  int64_t width_k = 0;  ///< of keys, or of latents
  int64_t width_v = 0;  ///< of values, or of RoPE keys

  int64_t width(Stream stream) const { return isFirst(stream) ? width_k : width_v; }
  friend bool operator==(const CacheShape&, const CacheShape&) = default;
};
CacheShape cacheShapeOf(const ModelShape& model);

/// What a config that does not name streams compresses: both, but of latent attention the latents only, as the
/// paper does. A rank_v of its own or of a group asks for the second stream too.
void takeDefaultStreams(CompressionConfig& config, const ModelShape& model);
/// What is to be said about the streams that stay dense; none = nothing.
std::optional<std::string> streamsNotice(const CompressionConfig& config, const ModelShape& model);

struct GroupPlan {
  std::vector<PlannedGroup> groups;   ///< in order of layers; layers outside stay dense
  std::vector<std::string> notices;  ///< what was taken instead of what was asked
};

/// Default ranks at group size G: rank_k = 0.375 width G / 4 and rank_v = 1.5 times that, at least 1.
int64_t defaultRankK(int64_t width, int64_t layer_group_size);
int64_t defaultRankV(int64_t width, int64_t layer_group_size);

/// The plan of a config for a model's cache and a prompt of seq_len tokens.
/// bad_input: a layer range or group outside the model, repeated layers, a rank below 1, a group's own
/// rank above its width, a common rank above the widest group's width. A rank above seq_len is taken as
/// seq_len, a common rank above a narrower group's width as that width; both are said in notices.
Result<GroupPlan> planGroups(const CompressionConfig& config, const CacheShape& shape,
                             int64_t seq_len);

}  // namespace xkv
