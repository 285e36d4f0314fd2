// SPDX-License-Identifier: Apache-2.0
/// How a cache is to be compressed: method, groups, ranks (METHOD.md 2 and 9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/dtype.h"

namespace xkv {

/// xkv_sr and xk_sr read a compressed cache by Selective Reconstruction (METHOD.md 6): xk_sr keeps the values
/// dense in host memory.
enum class Method { dense, xkv, minicache, xkv_sr, xk_sr };

/// True where decoding attends to chosen chunks only.
constexpr bool isSelective(Method method) {
  return method == Method::xkv_sr || method == Method::xk_sr;
}
/// True where groups are kept as factors A and B_l.
constexpr bool isFactored(Method method) { return method == Method::xkv || isSelective(method); }

/// What is cached per layer: key (before RoPE) and value, or in latent attention (MLA) latent (before
/// kv_a_layernorm) and rope_key (before RoPE). Options named _k and _key speak of the first of the two.
enum class Stream { key, value, latent, rope_key };

/// True for the stream that rank_k and merge_key speak of.
constexpr bool isFirst(Stream stream) { return stream == Stream::key || stream == Stream::latent; }

/// Ways to factor a group (ENGINE.md, Truncated SVD).
enum class FactorBackend { exact, gram_evd, gram_subspace, randomized };

/// Consecutive elements of a row of A or B_l that share a scale and a minimum when factors are quantised.
constexpr int64_t kQuantGroup = 32;

/// Which rows of a merged pair keep their originals: those that diverge (the MiniCache paper), or the
/// others (upstream's code); METHOD.md 8.
enum class SlerpKeep { divergent, upstream };

/// How landmarks are kept: as the cache's elements, or as signed bytes with a scale per landmark.
enum class LandmarkForm { cache, int8 };

/// Selective Reconstruction (METHOD.md 6); sizes in tokens where not said otherwise.
struct SelectiveConfig {
  int64_t budget = 2048;     ///< tokens that are rebuilt per KV head and step
  int64_t chunk = 8;         ///< tokens of a chunk, which share a landmark
  int64_t local_chunks = 4;  ///< last chunks of the prompt, exact
  std::optional<int64_t> outlier_chunks = {};  ///< exact, per KV head; none = floor(24 budget / 1024)
  LandmarkForm landmarks = LandmarkForm::cache;
  bool share_selection = false;  ///< one selection for all KV heads of a layer
  friend bool operator==(const SelectiveConfig&, const SelectiveConfig&) = default;
};

/// Adjacent layers factored together, with ranks of their own if given.
struct LayerGroup {
  int64_t first_layer = 0;
  int64_t num_layers = 0;
  std::optional<int64_t> rank_k;
  std::optional<int64_t> rank_v;
  std::optional<double> slerp_t = {};
  std::optional<double> slerp_gamma = {};
  friend bool operator==(const LayerGroup&, const LayerGroup&) = default;
};

struct CompressionConfig {
  Method method = Method::xkv;
  int64_t layer_group_size = 4;
  std::optional<int64_t> rank_k;  ///< rank of a group; none = default of METHOD.md 2
  std::optional<int64_t> rank_v;
  bool merge_key = true;
  bool merge_value = true;
  int64_t start_layer = 0;               ///< -1 = the method's own: 0, MiniCache num_layers / 2
  int64_t end_layer = -1;                ///< inclusive; -1 = the last layer
  std::vector<LayerGroup> layer_groups;  ///< custom groups; empty = runs of layer_group_size
  FactorBackend factor_backend = FactorBackend::gram_subspace;
  std::optional<Dtype> factor_dtype;  ///< none = the run's dtype
  /// Codes of A and of B_l in 8 or 4 bits (METHOD.md 2, Quantised factors); 0 = kept as factor_dtype.
  int64_t token_basis_bits = 0;
  int64_t layer_factor_bits = 0;
  /// Instead of ranks: the largest relative error of a group, or the share of its energy to hold.
  std::optional<double> target_error = {};
  std::optional<double> target_energy = {};
  double slerp_t = 0.5;       ///< MiniCache: where between the two layers the shared direction lies
  double slerp_gamma = 0.05;  ///< MiniCache: rows above min + gamma (max - min) diverge
  SlerpKeep slerp_keep = SlerpKeep::divergent;
  /// New tokens are factored in segments of this many; 0 = they stay dense, as in the paper.
  int64_t recompress_after = 0;
  /// A segment whose projection on the group's basis loses more than this extends the basis.
  double recompress_residual = 0.1;
  SelectiveConfig selective = {};  ///< of the selective methods
  friend bool operator==(const CompressionConfig&, const CompressionConfig&) = default;
};

}  // namespace xkv
