// SPDX-License-Identifier: GPL-3.0-or-later
/// The made-up run of demo_run.h under Selective Reconstruction, with an X-ray.
#include "tests/views/demo_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "profiling/selective_plan.h"
#include "tests/views/demo_run.h"

namespace xkv::views {
namespace {

constexpr int64_t kSteps = 12;
constexpr int64_t kHeads = 4;
constexpr int64_t kKvHeads = 2;

/// How much a step wants a chunk: the needle most, then what drifts along the prompt.
int64_t score(int64_t layer, int64_t head, int64_t step, int64_t chunk) {
  const int64_t needle = 31;
  const int64_t centre = (7 * layer + 19 * head + 3 * step) % 64;
  const int64_t own = (chunk * 37 + layer * 11 + head * 5) % 64;
  const int64_t away = std::abs(chunk - centre);
  return (std::abs(chunk - needle) <= 1 ? 1000 : 0) + 2 * own - 3 * std::min<int64_t>(away, 12);
}

std::vector<int64_t> bestOf(std::vector<int64_t> chunks, int64_t count, auto&& scored) {
  std::ranges::stable_sort(chunks, [&](int64_t a, int64_t b) { return scored(a) > scored(b); });
  chunks.resize(static_cast<size_t>(count));
  std::ranges::sort(chunks);
  return chunks;
}

/// Share of a head's attention in the k best chunks: the local rows hold 55 %.
double recallOf(int64_t layer, int64_t chunks, int64_t candidates) {
  const double share = static_cast<double>(chunks) / static_cast<double>(candidates);
  return 0.55 + 0.45 * std::pow(share, 0.3 + 0.02 * static_cast<double>(layer));
}

SelectionRecord selectionOf(const SelectivePlan& plan, int64_t layer) {
  SelectionRecord record{.layer = layer,
                         .seq_len = plan.seq_len,
                         .num_heads = kHeads,
                         .num_kv_heads = kKvHeads,
                         .chunk = plan.chunk,
                         .landmark_chunks = plan.landmark_chunks,
                         .outlier_chunks = plan.outlier_chunks,
                         .chosen_chunks = plan.chosen_chunks,
                         .num_steps = kSteps,
                         .teacher_forced = true,
                         .outliers = {},
                         .chosen = {},
                         .hit_rate = {},
                         .recall = {},
                         .recall_of_chunks = {}};
  std::vector<int64_t> candidates[kKvHeads], before[kKvHeads];
  for (int64_t head = 0; head < kKvHeads; ++head) {
    for (int64_t i = 0; i < plan.outlier_chunks; ++i)
      record.outliers.push_back(3 + 17 * i + 2 * head + layer % 3);
    const auto own = record.outliers.end() - plan.outlier_chunks;
    for (int64_t chunk = 0; chunk < plan.landmark_chunks; ++chunk)
      if (std::find(own, record.outliers.end(), chunk) == record.outliers.end())
        candidates[head].push_back(chunk);
  }
  for (int64_t step = 0; step < kSteps; ++step) {
    int64_t hits = 0;
    for (int64_t head = 0; head < kKvHeads; ++head) {
      const auto chosen = bestOf(candidates[head], plan.chosen_chunks,
                                 [&](int64_t chunk) { return score(layer, head, step, chunk); });
      hits += std::ranges::count_if(
          chosen, [&](int64_t chunk) { return std::ranges::count(before[head], chunk) > 0; });
      record.chosen.insert(record.chosen.end(), chosen.begin(), chosen.end());
      before[head] = chosen;
    }
    record.hit_rate.push_back(step == 0 ? std::numeric_limits<float>::quiet_NaN()
                                        : static_cast<float>(hits) /
                                              static_cast<float>(kKvHeads * plan.chosen_chunks));
    for (int64_t head = 0; head < kHeads; ++head) {
      const double wobble = 0.02 * static_cast<double>((step * 3 + head * 5) % 5 - 2);
      record.recall.push_back(
          static_cast<float>(recallOf(layer, plan.chosen_chunks, plan.candidates()) + wobble));
    }
  }
  for (int64_t chunks = 0; chunks <= plan.candidates(); ++chunks)
    record.recall_of_chunks.push_back(
        static_cast<float>(recallOf(layer, chunks, plan.candidates())));
  return record;
}

/// As the ledger has them, so that parts and prediction agree.
void addParts(MemoryRecord& memory, const SelectionBytes& bytes, int64_t layers) {
  const std::pair<MemoryPartKind, int64_t> parts[] = {
      {MemoryPartKind::landmark, bytes.landmarks},
      {MemoryPartKind::local_row, bytes.local_rows},
      {MemoryPartKind::outlier_row, bytes.outlier_rows},
      {MemoryPartKind::selected_row, bytes.selected_rows},
      {MemoryPartKind::chunk_index, bytes.chunk_index}};
  for (const auto& [kind, size] : parts) {
    memory.parts.push_back(
        {kind, std::nullopt, std::to_string(layers) + " layers", Dtype::fp32, layers * size});
    memory.resident_bytes += layers * size;
  }
}

}  // namespace

Run demoSelectiveRun(int64_t run_id) {
  Run run = demoRun({.run_id = run_id});
  CompressionConfig& config = run.started.spec.compression;
  config.method = Method::xkv_sr;
  config.selective.budget = 128;
  const ModelShape& model = run.started.model;
  const auto seq_len = static_cast<int64_t>(run.started.prompt_ids.size());
  const SelectivePlan plan = planSelection(config.selective, seq_len);
  for (int64_t layer = 0; layer < model.num_layers; ++layer)
    run.selections.push_back(selectionOf(plan, layer));
  const int64_t element = bytesPerElement(run.started.spec.dtype);
  addParts(*run.memory,
           selectionBytes(config.selective, plan, model.num_kv_heads, model.head_dim, element),
           model.num_layers);
  run.memory->true_resident_ratio = static_cast<double>(run.memory->dense_resident_bytes) /
                                    static_cast<double>(run.memory->resident_bytes);
  for (TokenRecord& token : run.tokens)
    if (token.method == Method::xkv) token.method = config.method;
  for (GenerationRecord& generation : run.generations)
    if (generation.method == Method::xkv) generation.method = config.method;
  for (LatencyRecord& latency : run.latencies)
    if (latency.method == Method::xkv) latency.method = config.method;
  return run;
}

}  // namespace xkv::views
