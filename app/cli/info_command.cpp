// SPDX-License-Identifier: Apache-2.0
/// `xkv info`: a model's shape, and what its cache will need, dense and compressed.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/compression_plan.h"
#include "app/cli/text_table.h"
#include "profiling/layer_groups.h"
#include "profiling/memory_ledger.h"
#include "profiling/records/json.h"
#include "profiling/records/words.h"

namespace xkv::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kUsualTokens = 4096;

struct CacheNeed {
  int64_t tokens = 0;
  Dtype dtype = Dtype::bf16;
  GroupPlan plan;
  LedgerRatios ratios;
};

Result<CacheNeed> cacheNeed(const ModelShape& model, const InfoOptions& options,
                            const CompressionConfig& compression) {
  CacheNeed need;
  need.tokens = options.tokens.value_or(std::min(kUsualTokens, model.max_position_embeddings));
  need.dtype = options.dtype;
  auto plan = planGroups(compression, cacheShapeOf(model), need.tokens);
  if (!plan) return Failure(plan.error());
  need.plan = std::move(*plan);
  if (const auto notice = streamsNotice(compression, model)) need.plan.notices.push_back(*notice);
  if (need.tokens > model.max_position_embeddings)
    need.plan.notices.push_back(std::to_string(need.tokens) +
                                " tokens are more than the model's context of " +
                                std::to_string(model.max_position_embeddings));
  LedgerShape shape{.cache = cacheShapeOf(model),
                    .seq_len = need.tokens,
                    .bytes_per_element = bytesPerElement(need.dtype),
                    .head_dim = model.head_dim,
                    .token_basis_bits = compression.token_basis_bits,
                    .layer_factor_bits = compression.layer_factor_bits,
                    .num_kv_heads = model.num_kv_heads};
  if (isSelective(compression.method)) shape.selective = compression.selective;
  need.ratios = ledgerRatios(shape, need.plan.groups);
  return need;
}

Json planJson(const GroupPlan& plan) {
  Json groups = Json::array();
  for (const PlannedGroup& group : plan.groups)
    groups.push_back({{"first_layer", group.first_layer},
                      {"num_layers", group.num_layers},
                      {"rank_k", group.rank_k},
                      {"rank_v", group.rank_v},
                      {"slerp_k", group.slerp_k},
                      {"slerp_v", group.slerp_v}});
  return groups;
}

std::string infoJson(const ModelShape& model, const CacheNeed& need) {
  Json info;
  info["model"] = Json::parse(toJson(model));
  info["cache"] = {{"seq_len", need.tokens},
                   {"dtype", word(need.dtype)},
                   {"dense_bytes", need.ratios.dense_bytes},
                   {"factor_bytes", need.ratios.factor_bytes},
                   {"most_factor_bytes", need.ratios.most_factor_bytes},
                   {"landmark_bytes", need.ratios.landmark_bytes},
                   {"published_ratio", need.ratios.published_ratio},
                   {"selection_bytes", need.ratios.selection_bytes},
                   {"with_landmarks_ratio", need.ratios.with_landmarks_ratio},
                   {"plan", planJson(need.plan)},
                   {"notices", need.plan.notices}};
  return info.dump(2, ' ', /*ensure_ascii=*/true) + "\n";
}

std::string modelLines(const ModelShape& model) {
  const auto number = [](int64_t value) { return std::to_string(value); };
  TextTable table({"model", model.name});
  if (model.random_weights) table.add({"weights are", "random: what this model says means nothing"});
  table.add({"model_type", model.model_type});
  table.add({"num_layers", number(model.num_layers)});
  table.add({"hidden_size", number(model.hidden_size)});
  table.add({"intermediate_size", number(model.intermediate_size)});
  table.add({"num_heads", number(model.num_heads)});
  table.add({"num_kv_heads", number(model.num_kv_heads)});
  table.add({"head_dim", number(model.head_dim)});
  for (const Stream stream : model.streams()) {
    table.add({std::string(word(stream)) + " width", number(model.width(stream))});
  }
  if (model.isMla()) {
    table.add({"qk_nope_head_dim", number(model.qk_nope_head_dim)});
    table.add({"v_head_dim", number(model.v_head_dim)});
  }
  if (model.sliding_window > 0) table.add({"sliding_window", number(model.sliding_window)});
  if (model.num_experts > 0) table.add({"num_experts", number(model.num_experts)});
  table.add({"vocab_size", number(model.vocab_size)});
  table.add({"max_position_embeddings", number(model.max_position_embeddings)});
  table.add({"rope", model.rope_type + ", theta " + fixed(model.rope_theta, 0)});
  table.add({"num_parameters", number(model.num_parameters)});
  table.add(
      {"weights", bytesText(model.weight_bytes) + ", " + std::string(word(model.weight_dtype))});
  return table.text();
}

std::string compressionOf(const PlannedGroup& group) {
  if (group.slerp_k || group.slerp_v)
    return "  merged " + std::string(!group.slerp_v ? "keys"
                                     : group.slerp_k ? "keys and values"
                                                     : "values");
  return "  rank_k " + std::to_string(group.rank_k) + "  rank_v " + std::to_string(group.rank_v);
}

std::string infoText(const ModelShape& model, const CacheNeed& need) {
  const LedgerRatios& ratios = need.ratios;
  std::string text = modelLines(model) + "\nCache of " + std::to_string(need.tokens) +
                     " tokens in " + std::string(word(need.dtype)) + ", predicted\n";
  text += "  dense       " + bytesText(ratios.dense_bytes) + "\n";
  if (!need.plan.groups.empty())
    text += "  compressed  " + bytesText(ratios.factor_bytes) + ", " +
            fixed(ratios.published_ratio, 2) + "x published; " +
            fixed(ratios.with_landmarks_ratio, 2) + "x with landmarks\n";
  if (ratios.selection_bytes > 0)
    text += "  selection   " + bytesText(ratios.selection_bytes) +
            " more: landmarks, exact rows, rebuilt keys and their index\n";
  if (ratios.most_factor_bytes > ratios.factor_bytes)
    text += "              if every row is merged; " + bytesText(ratios.most_factor_bytes) +
            " if every row keeps its originals\n";
  for (const PlannedGroup& group : need.plan.groups)
    text += "    layers " + std::to_string(group.first_layer) + "-" +
            std::to_string(group.first_layer + group.num_layers - 1) + compressionOf(group) + "\n";
  for (const std::string& one : need.plan.notices) text += "Note: " + one + "\n";
  return terminalText(text);
}

}  // namespace

Status infoCommand(const InfoOptions& options, const Console& console, const Services& services) {
  const ModelFolder folder(options.model, options.follow_symlinks);
  const auto model = services.describe(folder);
  if (!model) return Failure(model.error());
  const auto compression = compressionFor(options.compression, folder, services);
  if (!compression) return Failure(compression.error());
  const auto need = cacheNeed(*model, options, *compression);
  if (!need) return Failure(need.error());
  return console.out(options.json ? infoJson(*model, *need) : infoText(*model, *need));
}

}  // namespace xkv::cli
