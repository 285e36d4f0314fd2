// SPDX-License-Identifier: Apache-2.0
/// A run as text for a terminal: the plan before it, the numbers after it.
#include "app/cli/run_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "app/cli/console.h"
#include "app/cli/text_table.h"
#include "profiling/records/stream_names.h"
#include "profiling/records/words.h"
#include "profiling/selection_summary.h"

namespace xkv::cli {
namespace {

std::string number(int64_t value) { return std::to_string(value); }

std::string layersText(int64_t first_layer, int64_t num_layers) {
  const std::string first = number(first_layer);
  return num_layers == 1 ? first : first + "-" + number(first_layer + num_layers - 1);
}

std::string rankText(int64_t rank) { return rank == 0 ? "dense" : number(rank); }

std::string plannedGroups(const std::vector<PlannedGroup>& plan) {
  TextTable table({"group", "layers", "rank_k", "rank_v"});
  for (size_t i = 0; i < plan.size(); ++i)
    table.add({number(static_cast<int64_t>(i)), layersText(plan[i].first_layer, plan[i].num_layers),
               plan[i].slerp_k ? "merged" : rankText(plan[i].rank_k),
               plan[i].slerp_v ? "merged" : rankText(plan[i].rank_v)});
  return table.text();
}

/// Error of one layer's stream; "-" where it was not compressed or not measured.
std::string layerError(const Run& run, Stream stream, int64_t layer) {
  for (const ReconstructionRecord& record : run.reconstructions) {
    const int64_t at = layer - record.first_layer;
    if (record.stream != stream || at < 0 || at >= static_cast<int64_t>(record.layer_error.size()))
      continue;
    return percentText(static_cast<double>(record.layer_error[static_cast<size_t>(at)]));
  }
  return "-";
}

std::string errorOfStream(const Run& run, Stream stream) {
  const auto error = measuredError(run, stream);
  return error ? percentText(*error) : "-";
}

std::string errorText(const Run& run) {
  if (run.reconstructions.empty()) return "";
  const auto [first, second] = run.started.model.streams();
  TextTable table({"layer", pluralName(first), pluralName(second)});
  for (int64_t layer = 0; layer < run.started.model.num_layers; ++layer)
    table.add({number(layer), layerError(run, first, layer), layerError(run, second, layer)});
  table.add({"all", errorOfStream(run, first), errorOfStream(run, second)});
  return "\nError of the kept factors, measured\n" + table.text();
}

/// The ranks that a target chose.
std::string chosenRanks(const Run& run) {
  const CompressionConfig& config = run.started.spec.compression;
  if (run.reconstructions.empty() || (!config.target_error && !config.target_energy)) return "";
  std::vector<PlannedGroup> plan = run.started.plan;
  for (const ReconstructionRecord& record : run.reconstructions) {
    if (record.group >= static_cast<int64_t>(plan.size())) continue;
    PlannedGroup& group = plan[static_cast<size_t>(record.group)];
    (isFirst(record.stream) ? group.rank_k : group.rank_v) = record.rank;
  }
  return "\nRanks that the target chose\n" + plannedGroups(plan);
}

std::string adjacentCka(const CkaRecord& cka) {
  double sum = 0;
  int64_t pairs = 0;
  for (int64_t layer = 0; layer + 1 < cka.num_layers; ++layer) {
    const float value = cka.cka[static_cast<size_t>(layer * cka.num_layers + layer + 1)];
    if (!std::isfinite(value)) continue;
    sum += static_cast<double>(value);
    ++pairs;
  }
  if (pairs == 0) return "";
  return std::string(pluralName(cka.stream)) + " " +
         fixed(sum / static_cast<double>(pairs), 3) + " (" + number(pairs) + " pairs)";
}

std::string ckaText(const Run& run) {
  std::string text;
  for (const CkaRecord& cka : run.cka) {
    const std::string stream = adjacentCka(cka);
    if (!stream.empty()) text += (text.empty() ? "" : ", ") + stream;
  }
  return text.empty() ? text : "\nMean CKA of adjacent layers: " + text + "\n";
}

std::string memoryText(const Run& run) {
  if (!run.memory) return "";
  const MemoryRecord& memory = *run.memory;
  std::string text = "\nCache of " + number(memory.seq_len) + " prompt and " +
                     number(memory.generated_tokens) + " generated tokens\n";
  text += "  dense " + bytesText(memory.dense_bytes) + ", kept " + bytesText(memory.factor_bytes) +
          ", resident " + bytesText(memory.resident_bytes) + "\n";
  text += "  " + fixed(memory.published_ratio, 2) + "x published, " +
          fixed(memory.with_landmarks_ratio, 2) + "x with landmarks" +
          (isSelective(run.started.spec.compression.method) ? "" : " (predicted)") + ", " +
          fixed(memory.true_resident_ratio, 2) + "x true resident\n";
  return text;
}

/// How far new tokens were from the bases of their groups, and what the bases became.
std::string recompressionText(const Run& run) {
  if (run.recompressions.empty()) return "";
  double sum = 0;
  double largest = 0;
  int64_t extended = 0;
  for (const RecompressionRecord& segment : run.recompressions) {
    sum += segment.residual;
    largest = std::max(largest, segment.residual);
    if (segment.rank_after > segment.rank_before) ++extended;
  }
  const auto count = static_cast<int64_t>(run.recompressions.size());
  return "\nNew tokens factored in " + number(count) + " segments\n  drift of the basis " +
         percentText(sum / static_cast<double>(count)) + " mean, " + percentText(largest) +
         " largest; " + number(extended) + " segments extended it\n";
}

std::string optionalPercent(const std::optional<double>& share) {
  return share ? percentText(*share) : "-";
}

/// What Selective Reconstruction read of the prompt.
std::string selectionText(const Run& run) {
  const auto summary = summaryOf(run.selections);
  if (!summary) return "";
  const SelectionRecord& first = run.selections.front();
  std::string text = "\nSelective Reconstruction, measured over " + number(summary->num_steps) +
                     " steps of " + number(summary->num_layers) + " layers\n  " +
                     number(first.chosen_chunks) + " of " +
                     number(first.landmark_chunks - first.outlier_chunks) + " chunks of " +
                     number(first.chunk) + " tokens chosen per head, " +
                     number(first.outlier_chunks) + " outlier chunks\n";
  text += "  " + optionalPercent(summary->hit_rate) + " of the chunks were there from the step before";
  if (summary->recall) {
    text += "; " + percentText(*summary->recall) + " of the dense attention is attended (" +
            percentText(*summary->least_recall) + " in the worst layer)";
  }
  return text + "\n";
}

std::string divergenceText(const Run& run) {
  if (!run.divergence) return "";
  const DivergenceRecord& divergence = *run.divergence;
  const auto steps = static_cast<int64_t>(divergence.kl.size());
  std::string text = "\nAgainst the dense cache\n";
  if (steps > 0) {
    const double sum = std::accumulate(divergence.kl.begin(), divergence.kl.end(), 0.0);
    const auto largest = std::max_element(divergence.kl.begin(), divergence.kl.end());
    const auto agreed =
        std::accumulate(divergence.top1_agrees.begin(), divergence.top1_agrees.end(), int64_t{0});
    text += "  KL " + fixed(sum / static_cast<double>(steps), 4) + " nat mean, " +
            fixed(*largest, 4) + " largest; top-1 agrees in " + number(agreed) + " of " +
            number(steps) + " steps\n";
  }
  const int64_t first = divergence.first_divergent_token;
  text += first < 0 ? "  the texts are equal, " + number(divergence.tokens_compared) + " tokens\n"
                    : "  the texts differ from token " + number(first) + " on\n";
  return text;
}

std::string decodeText(const LatencyRecord& latency) {
  if (latency.decode_step_ns.empty()) return "-";
  std::vector<int64_t> steps = latency.decode_step_ns;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return durationText(*middle) + " (n=" + std::to_string(steps.size()) + ")";
}

std::string latencyText(const Run& run) {
  if (run.latencies.empty()) return "";
  TextTable table({"cache", "load", "prefill", "gram", "factor", "first token", "token, median"});
  for (const LatencyRecord& latency : run.latencies)
    table.add({std::string(word(latency.method)), durationText(latency.load_ns),
               durationText(latency.prefill_ns), durationText(latency.gram_ns),
               durationText(latency.factor_ns), durationText(latency.ttft_ns),
               decodeText(latency)});
  return "\nLatency, measured\n" + table.text();
}

std::string modelText(const ModelShape& model) {
  std::string text = model.name + (model.random_weights ? " (random weights)" : "") + ": " +
                     (model.model_type.empty() ? "" : model.model_type + ", ") +
                     number(model.num_layers) + " layers, ";
  text += model.isMla() ? "latents of " + number(model.kv_lora_rank) + " and RoPE keys of " +
                              number(model.qk_rope_head_dim)
                        : number(model.num_kv_heads) + " KV heads of " + number(model.head_dim);
  if (model.sliding_window > 0) text += ", window of " + number(model.sliding_window) + " tokens";
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : ", ") + one;
  return text;
}

std::string titleOf(const RunSummary& run) {
  if (!run.title.empty()) return run.title + (run.model.random_weights ? " (random weights)" : "");
  const std::string prompt = run.spec.prompt_name.empty() ? "" : ", " + run.spec.prompt_name;
  return run.model.name + (run.model.random_weights ? " (random weights)" : "") + prompt;
}

}  // namespace

std::string planText(const RunStarted& started) {
  std::string text = modelText(started.model) + "; " + std::string(word(started.spec.dtype)) +
                     ", " + started.device_name + "\n";
  text += "Prompt of " + std::to_string(started.prompt_ids.size()) + " tokens; method " +
          std::string(word(started.spec.compression.method)) + "; analysis " +
          std::string(word(started.spec.analysis)) + "\n";
  if (!started.plan.empty()) text += "\n" + plannedGroups(started.plan);
  for (const std::string& one : started.notices) text += "Note: " + one + "\n";
  return terminalText(text);
}

std::string generationTitle(Method method, int64_t turn) {
  return "\nText over the " + std::string(method == Method::dense ? "dense" : "compressed") +
         " cache" + (turn > 0 ? ", turn " + number(turn) : "") + "\n";
}

std::string resultsText(const Run& run) {
  return chosenRanks(run) + errorText(run) + ckaText(run) + memoryText(run) +
         recompressionText(run) + selectionText(run) + divergenceText(run) + latencyText(run);
}

std::string runText(const Run& run) {
  std::string text = "Run " + number(run.run_id) + ", " + run.started.started_at + ", " +
                     std::string(word(run.finished.status));
  if (!run.finished.message.empty()) text += ": " + run.finished.message;
  text += "\n";
  if (!run.title.empty()) text += "Title: " + run.title + "\n";
  if (!run.tags.empty()) text += "Tags: " + joined(run.tags) + "\n";
  if (!run.notes.empty()) text += "Notes: " + run.notes + "\n";
  text = terminalText(text) + planText(run.started);
  for (const GenerationRecord& generation : run.generations)
    text += generationTitle(generation.method, generation.turn) + terminalText(generation.text) + "\n";
  return text + resultsText(run);
}

std::string runListText(const std::vector<RunSummary>& runs) {
  TextTable table({"run", "started", "status", "method", "tokens", "error K", "error V", "ratio",
                   "title", "tags"});
  for (const RunSummary& run : runs)
    table.add({number(run.run_id), run.started_at, std::string(word(run.status)),
               std::string(word(run.spec.compression.method)), number(run.seq_len),
               optionalPercent(run.error_k), optionalPercent(run.error_v),
               run.published_ratio ? fixed(*run.published_ratio, 2) + "x" : "-", titleOf(run),
               joined(run.tags)});
  return terminalText(table.text());
}

}  // namespace xkv::cli
