// SPDX-License-Identifier: Apache-2.0
/// Which groups of adjacent layers share one SVD, and the rank each group really gets (METHOD.md 2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/run_record.h"

namespace xkv {

/// What bf16 factors add to a relative error at least (METHOD.md 3, measured).
constexpr double kBf16Floor = 2.4e-3;

/// What is cached per layer: two streams, of these widths.
struct CacheShape {
  int64_t num_layers = 0;
  int64_t width_k = 0;     ///< of keys, or of latents
  int64_t width_v = 0;     ///< of values, or of RoPE keys
  bool is_latent = false;  ///< latents and RoPE keys are cached (MLA)
  int64_t sliding_window = 0;  ///< tokens that a query sees; 0 = all

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
/// With a target error or energy the ranks are the largest possible; the engine chooses when it knows a group's
/// spectrum. Refused are both targets, a target beside ranks, and bits of codes that are not 8 or 4.
/// Under Method::minicache groups are pairs, by default from layer num_layers / 2 on; refused are a group that
/// is no pair, slerp_t or slerp_gamma outside 0-1, and latents. A layer that no pair is left for stays dense,
/// which is said.
/// Under the selective methods refused are what checkSelective refuses, latents, a sliding window, re-compression,
/// and a stream that the method does not leave out. Under xk_sr values are dense; a rank_v is not used, which is said.
Result<GroupPlan> planGroups(const CompressionConfig& config, const CacheShape& shape,
                             int64_t seq_len);

/// The relative error that truncation itself may have so that the config's target is met by factors of
/// `factor_dtype`; 0 = there is no target. bad_input: bf16 factors alone are farther off.
Result<double> mostTruncationError(const CompressionConfig& config, Dtype factor_dtype);

}  // namespace xkv
