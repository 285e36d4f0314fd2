// SPDX-License-Identifier: Apache-2.0
/// Methods that are compared at equal bytes: which there are, and the ranks that reach the bytes.
#include "profiling/duel_plan.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "profiling/records/sentence.h"

namespace xkv {
namespace {

CompressionConfig grouped(int64_t layer_group_size, bool merge_key = true,
                          bool merge_value = true) {
  CompressionConfig config;
  config.layer_group_size = layer_group_size;
  config.merge_key = merge_key;
  config.merge_value = merge_value;
  return config;
}

CompressionConfig dense() {
  CompressionConfig config;
  config.method = Method::dense;
  return config;
}

CompressionConfig quantised(int64_t bits, bool merge_value) {
  CompressionConfig config = grouped(4, true, merge_value);
  config.token_basis_bits = config.layer_factor_bits = bits;
  return config;
}

CompressionConfig minicache(SlerpKeep keep) {
  CompressionConfig config;
  config.method = Method::minicache;
  config.start_layer = -1;
  config.slerp_keep = keep;
  return config;
}

CompressionConfig withRanks(CompressionConfig config, int64_t rank_k, int64_t rank_v) {
  config.rank_k = rank_k;
  config.rank_v = rank_v;
  return config;
}

/// MiniCache's with every row merged: how many are kept is known only when it has run.
Result<int64_t> bytesOf(const CompressionConfig& config, LedgerShape shape) {
  const auto plan = planGroups(config, shape.cache, shape.seq_len);
  if (!plan) return Failure(plan.error());
  shape.token_basis_bits = config.token_basis_bits;
  shape.layer_factor_bits = config.layer_factor_bits;
  if (isSelective(config.method)) shape.selective = config.selective;
  const LedgerRatios ratios = ledgerRatios(shape, plan->groups);
  return ratios.factor_bytes + ratios.selection_bytes;
}

/// A budget of 2,048 tokens, or of an eighth of a shorter prompt, in whole chunks.
DuelMethod selective(Method method, const char* name, int64_t seq_len) {
  CompressionConfig config = grouped(4, true, method == Method::xkv_sr);
  config.method = method;
  SelectiveConfig& selection = config.selective;
  const int64_t chunks = std::max<int64_t>(1, seq_len / 8 / selection.chunk);
  selection.budget = std::min(selection.budget, chunks * selection.chunk);
  return {sentence("{}, budget {}", name, selection.budget), config};
}

/// The largest number of 1..most that `fits`, which holds below a number if it holds for it; 0 =
/// none does.
int64_t largestThat(int64_t most, const std::function<bool(int64_t)>& fits) {
  int64_t low = 0;
  int64_t high = most;
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/// Ranks of one method, each below what still changes something.
class RankSearch {
 public:
  RankSearch(const CompressionConfig& config, const LedgerShape& shape, int64_t bytes)
      : config_(config), shape_(shape), bytes_(bytes) {
    const int64_t layers = std::min(config.layer_group_size, shape.cache.num_layers);
    most_k_ = std::min(shape.seq_len, layers * shape.cache.width_k);
    most_v_ = std::min(shape.seq_len, layers * shape.cache.width_v);
  }

  /// False where rank 1 is too much already.
  bool reaches(CompressionConfig& found) const {
    const int64_t most = config_.merge_key ? most_k_ : most_v_;
    const int64_t rank = largestThat(most, [this](int64_t r) { return fits(r, valueRank(r)); });
    if (rank == 0) return false;
    const bool only_keys = !config_.merge_value;
    const int64_t rank_v =
        only_keys ? 1 : largestThat(most_v_, [&](int64_t r) { return fits(rank, r); });
    found = withRanks(config_, std::min(rank, most_k_), rank_v);
    return true;
  }

 private:
  int64_t valueRank(int64_t rank_k) const {
    return config_.merge_key ? std::min(rank_k + rank_k / 2, most_v_) : rank_k;
  }
  bool fits(int64_t rank_k, int64_t rank_v) const {
    const auto needed = bytesOf(withRanks(config_, std::min(rank_k, most_k_), rank_v), shape_);
    return needed && *needed <= bytes_;
  }

  const CompressionConfig& config_;
  const LedgerShape& shape_;
  int64_t bytes_;
  int64_t most_k_ = 0;
  int64_t most_v_ = 0;
};

}  // namespace

std::vector<DuelMethod> duelMethods(const CacheShape& shape, int64_t seq_len) {
  // Under latent attention the paper compresses the latents alone.
  const bool both = !shape.is_latent;
  const char* first = shape.is_latent ? "latents only" : "keys only";
  const char* second = shape.is_latent ? "RoPE keys only" : "values only";
  std::vector<DuelMethod> methods{{"dense", dense()}, {"Single SVD", grouped(1, true, both)}};
  for (const int64_t size : {2, 4, 8}) {
    if (shape.num_layers > size / 2) {
      methods.push_back({sentence("xKV-{}", size), grouped(size, true, both)});
    }
  }
  if (both) methods.push_back({first, grouped(4, true, false)});
  methods.push_back({second, grouped(4, false, true)});
  methods.push_back({"xKV-4, 8 bit", quantised(8, both)});
  methods.push_back({"xKV-4, 4 bit", quantised(4, both)});
  if (both) methods.push_back({"MiniCache", minicache(SlerpKeep::divergent)});
  if (both) methods.push_back({"MiniCache, upstream's rule", minicache(SlerpKeep::upstream)});
  if (both && shape.sliding_window == 0) {
    methods.push_back(selective(Method::xkv_sr, "xKV-SR", seq_len));
    methods.push_back(selective(Method::xk_sr, "xK-SR", seq_len));
  }
  return methods;
}

Result<DuelEntry> planAtBytes(const DuelMethod& method, const LedgerShape& shape, int64_t bytes) {
  DuelEntry entry{method, 0, {}};
  CompressionConfig& config = entry.method.config;
  const bool is_xkv = isFactored(config.method);
  const bool reached = is_xkv && RankSearch(method.config, shape, bytes).reaches(config);
  const auto needed = bytesOf(config, shape);
  if (!needed) return Failure(needed.error());
  entry.factor_bytes = *needed;
  if (config.method == Method::minicache) {
    entry.notice =
        sentence("{} has no rank: its bytes follow from the rows that it merges, {} or more",
                 method.name, *needed);
  } else if (!reached && is_xkv && *needed != bytes) {
    entry.notice =
        sentence("{} cannot reach {} bytes; it stands at {}", method.name, bytes, *needed);
  }
  return entry;
}

Result<std::vector<DuelEntry>> planDuel(const LedgerShape& shape, int64_t bytes) {
  std::vector<DuelEntry> entries;
  for (const DuelMethod& method : duelMethods(shape.cache, shape.seq_len)) {
    auto entry = planAtBytes(method, shape, bytes);
    if (!entry) return Failure(entry.error());
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace xkv
