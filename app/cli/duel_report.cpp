// SPDX-License-Identifier: Apache-2.0
/// The runs of a duel as one table, and their texts.
#include "app/cli/duel_report.h"

#include <numeric>

#include "app/cli/console.h"
#include "app/cli/text_table.h"
#include "profiling/records/stream_names.h"

namespace xkv::cli {
namespace {

std::string ranksText(const Run& run) {
  if (run.started.plan.empty()) return "-";
  const PlannedGroup& first = run.started.plan.front();
  const auto text = [](int64_t rank) { return rank == 0 ? "dense" : std::to_string(rank); };
  return text(first.rank_k) + "/" + text(first.rank_v);
}

std::string errorText(const Run& run, Stream stream) {
  const auto error = measuredError(run, stream);
  return error ? percentText(*error) : "-";
}

std::string klText(const Run& run) {
  if (!run.divergence || run.divergence->kl.empty()) return "-";
  const std::vector<double>& kl = run.divergence->kl;
  return fixed(std::accumulate(kl.begin(), kl.end(), 0.0) / static_cast<double>(kl.size()), 4);
}

std::string equalTokensText(const Run& run) {
  if (!run.divergence) return "-";
  return std::to_string(run.divergence->tokens_equal) + " of " +
         std::to_string(run.divergence->tokens_compared);
}

/// The text over the run's own cache.
std::string ownText(const Run& run) {
  for (const GenerationRecord& generation : run.generations)
    if (generation.method == run.started.spec.compression.method) return generation.text;
  return "";
}

void addRow(TextTable& table, const DuelRun& duel) {
  const Run& run = duel.run;
  const auto [first, second] = run.started.model.streams();
  const bool counted = run.memory.has_value();
  table.add({duel.name, ranksText(run), counted ? bytesText(run.memory->factor_bytes) : "-",
             counted ? bytesText(run.memory->resident_bytes) : "-",
             counted ? fixed(run.memory->published_ratio, 2) + "x" : "-", errorText(run, first),
             errorText(run, second), klText(run), equalTokensText(run)});
}

}  // namespace

std::string duelText(const std::vector<DuelRun>& runs) {
  if (runs.empty()) return "";
  const auto [first, second] = runs.front().run.started.model.streams();
  TextTable table({"method", "ranks", "prompt kept", "resident", "ratio",
                   std::string("error of ") + pluralName(first),
                   std::string("error of ") + pluralName(second), "KL mean, nat",
                   "tokens as dense"});
  for (const DuelRun& duel : runs) addRow(table, duel);
  std::string text = table.text();
  if (runs.front().run.started.model.random_weights)
    text += "Note: the model has random weights: what it says means nothing\n";
  for (const DuelRun& duel : runs)
    if (!duel.notice.empty()) text += "Note: " + duel.notice + "\n";
  for (const DuelRun& duel : runs) text += "\n" + duel.name + "\n" + ownText(duel.run) + "\n";
  return terminalText(text);
}

}  // namespace xkv::cli
