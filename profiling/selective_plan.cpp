// SPDX-License-Identifier: Apache-2.0
/// Which tokens Selective Reconstruction keeps exact, how many chunks each step reads, and the bytes.
#include "profiling/selective_plan.h"

#include <algorithm>

#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr int64_t kOutliersPer1024 = 24;  // chunks per 1,024 tokens of budget

}  // namespace

SelectivePlan planSelection(const SelectiveConfig& config, int64_t seq_len) {
  SelectivePlan plan{.seq_len = seq_len, .chunk = config.chunk};
  plan.landmark_chunks = std::max<int64_t>(0, seq_len / config.chunk - config.local_chunks);
  const int64_t outliers = config.outlier_chunks.value_or(config.budget * kOutliersPer1024 / 1024);
  plan.outlier_chunks = std::min(outliers, plan.landmark_chunks);
  plan.chosen_chunks = std::min(config.budget / config.chunk, plan.candidates());
  return plan;
}

Status checkSelective(const SelectiveConfig& config) {
  constexpr int64_t kMost = int64_t{1} << 40;  // products of sizes stay within 64 bits
  const auto atLeast = [kMost](const char* name, int64_t value, int64_t least) -> Status {
    if (value >= least && value <= kMost) return {};
    return failure(ErrorKind::bad_input,
                   sentence("{} is {}, {} to {} is needed", name, value, least, kMost));
  };
  for (const Status& fits : {atLeast("budget", config.budget, 1), atLeast("chunk", config.chunk, 1),
                             atLeast("local_chunks", config.local_chunks, 0),
                             atLeast("outlier_chunks", config.outlier_chunks.value_or(0), 0)}) {
    if (!fits) return fits;
  }
  if (config.budget % config.chunk == 0) return {};
  return failure(ErrorKind::bad_input, sentence("budget is {} tokens, a multiple of the chunk's {} is needed",
                                                config.budget, config.chunk));
}

std::optional<std::string> selectionNotice(const SelectiveConfig& config, int64_t seq_len) {
  const SelectivePlan plan = planSelection(config, seq_len);
  if (plan.landmark_chunks == 0) {
    return sentence("the prompt's {} tokens are below {} chunks of {}: all of them stay exact and nothing is saved",
                    seq_len, config.local_chunks + 1, config.chunk);
  }
  if (!plan.choosesAll()) return std::nullopt;
  return sentence("the budget of {} tokens holds all {} chunks that can be chosen: every chunk is selected "
                  "and nothing is saved",
                  config.budget, plan.candidates());
}

SelectionBytes selectionBytes(const SelectiveConfig& config, const SelectivePlan& plan,
                              int64_t num_kv_heads, int64_t head_dim, int64_t bytes_per_element) {
  constexpr int64_t kIndexBytes = 4;
  constexpr int64_t kScaleBytes = 4;
  const int64_t row = num_kv_heads * head_dim * bytes_per_element;
  const bool is_int8 = config.landmarks == LandmarkForm::int8;
  const int64_t landmark = is_int8 ? num_kv_heads * (head_dim + kScaleBytes) : row;
  const int64_t selections = config.share_selection ? 1 : num_kv_heads;
  return {.landmarks = plan.candidates() * landmark,
          .local_rows = 2 * plan.localTokens() * row,
          .outlier_rows = 2 * plan.outlier_chunks * plan.chunk * row,
          .selected_rows = plan.chosen_chunks * plan.chunk * row,
          .chunk_index = selections * (plan.landmark_chunks + plan.chosen_chunks) * kIndexBytes};
}

}  // namespace xkv
