// SPDX-License-Identifier: GPL-3.0-or-later
/// A made-up but self-consistent run, the same on every machine.
#include "tests/views/demo_run.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "profiling/layer_groups.h"
#include "profiling/memory_ledger.h"
#include "tests/views/demo_timeline.h"

namespace xkv::views {
namespace {

constexpr int64_t kNumLayers = 8;
constexpr int64_t kKvDim = 64;
constexpr int64_t kNumKvHeads = 2;
constexpr int64_t kSeqLen = 547;
constexpr int64_t kRopeKeyDim = 16;

int64_t widthOf(Stream stream) { return stream == Stream::rope_key ? kRopeKeyDim : kKvDim; }

/// Repeatable noise in 0..1 of three numbers.
double noise(int64_t a, int64_t b = 0, int64_t c = 0) {
  uint64_t x = static_cast<uint64_t>(a) * 0x9E3779B97F4A7C15u +
               static_cast<uint64_t>(b) * 0xC2B2AE3D27D4EB4Fu +
               static_cast<uint64_t>(c) * 0x165667B19E3779F9u + 0x27D4EB2F165667C5u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1.0p-53;
}

int64_t seed(Stream stream) { return isFirst(stream) ? 1 : 2; }

/// A direction's strength: a power law that falls faster at the end, stretched as the group grows,
/// but less than in proportion: that is what sharing a basis gains.
double strength(Stream stream, int64_t rank_index, int64_t first_layer, int64_t layers) {
  const double own = (isFirst(stream) ? 1 : 1.22) * (1 + 0.03 * static_cast<double>(first_layer));
  const double stretch = std::pow(static_cast<double>(layers), 0.72) * own;
  const double x = static_cast<double>(rank_index) / stretch;
  return std::pow(1 + x, -0.75) * std::exp(-x / 11) + 2e-4;
}

/// How much of a direction belongs to a layer: layer 0 keeps to itself.
double layerShare(Stream stream, int64_t layer, int64_t rank_index) {
  const double own = layer == 0 ? 0.5 + 0.02 * static_cast<double>(rank_index) : 1;
  return own * (0.6 + 0.8 * noise(seed(stream) * 100 + layer, rank_index / 3));
}

int64_t rankOfEnergy(const std::vector<float>& group_error, double energy) {
  for (size_t r = 0; r < group_error.size(); ++r) {
    if (group_error[r] * group_error[r] <= 1 - energy) return static_cast<int64_t>(r);
  }
  return static_cast<int64_t>(group_error.size()) - 1;
}

SpectrumRecord spectrum(Stream stream, int64_t first_layer, int64_t layers) {
  SpectrumRecord record{.stream = stream,
                        .first_layer = first_layer,
                        .num_layers = layers,
                        .seq_len = kSeqLen,
                        .width = layers * widthOf(stream),
                        .layer_energy = {},
                        .singular_values = {},
                        .group_error = {},
                        .layer_error = {},
                        .group_rounding = {},
                        .layer_rounding = {}};
  const int64_t n = std::min(kSeqLen, record.width);
  const auto at = [&](int64_t l, int64_t i) {
    const double s =
        strength(stream, i, first_layer, layers) * (1 + 0.1 * noise(first_layer, layers));
    double sum = 0;
    for (int64_t k = 0; k < layers; ++k) sum += layerShare(stream, first_layer + k, i);
    return s * s * layerShare(stream, first_layer + l, i) / sum;
  };
  // Energies first, then what is left after each rank.
  std::vector<double> left(static_cast<size_t>(layers), 0);
  for (int64_t l = 0; l < layers; ++l) {
    for (int64_t i = 0; i < n; ++i) left[static_cast<size_t>(l)] += at(l, i);
  }
  const double scale = static_cast<double>(layers * kSeqLen * 20) / [&] {
    double sum = 0;
    for (double e : left) sum += e;
    return sum;
  }();
  for (double& energy : left) energy *= scale;
  record.layer_energy = left;
  for (double energy : left) record.total_energy += energy;
  record.layer_error.resize(static_cast<size_t>(layers * (n + 1)));
  for (int64_t r = 0; r <= n; ++r) {
    double group_left = 0;
    double taken = 0;
    for (int64_t l = 0; l < layers; ++l) {
      const auto index = static_cast<size_t>(l);
      const double rest = r == n ? 0 : std::max(0.0, left[index]);
      record.layer_error[static_cast<size_t>(l * (n + 1) + r)] =
          static_cast<float>(std::sqrt(rest / record.layer_energy[index]));
      group_left += rest;
      const double part = r < n ? at(l, r) * scale : 0;
      taken += part;
      left[index] -= part;
    }
    record.group_error.push_back(static_cast<float>(std::sqrt(group_left / record.total_energy)));
    if (r < n) record.singular_values.push_back(static_cast<float>(std::sqrt(taken)));
  }
  record.rank_90 = rankOfEnergy(record.group_error, 0.90);
  record.rank_95 = rankOfEnergy(record.group_error, 0.95);
  record.rank_99 = rankOfEnergy(record.group_error, 0.99);
  return record;
}

CkaRecord ckaOf(Stream stream, int64_t layers_done) {
  CkaRecord record{.stream = stream,
                   .num_layers = kNumLayers,
                   .num_layers_done = layers_done,
                   .seq_len = kSeqLen,
                   .cka = {},
                   .token_cosine = {}};
  const double drop = isFirst(stream) ? 0.055 : 0.075;
  for (int64_t i = 0; i < kNumLayers; ++i) {
    for (int64_t j = 0; j < kNumLayers; ++j) {
      const auto apart = static_cast<double>(std::abs(i - j));
      double value =
          i == j ? 1 : 0.96 - drop * apart - 0.05 * noise(seed(stream), i + j, std::abs(i - j));
      if (i != j && (i == 0 || j == 0)) value -= 0.22;
      if (std::max(i, j) >= layers_done) value = std::numeric_limits<double>::quiet_NaN();
      record.cka.push_back(static_cast<float>(value));
      record.token_cosine.push_back(static_cast<float>(i == j ? 1
                                                       : std::isnan(value)
                                                           ? value
                                                           : 0.04 * noise(i + j, 7) - 0.01));
    }
  }
  return record;
}

const SpectrumRecord& spectrumOf(const Run& run, Stream stream, int64_t first_layer,
                                 int64_t layers) {
  return *std::find_if(run.spectra.begin(), run.spectra.end(), [&](const SpectrumRecord& s) {
    return s.stream == stream && s.first_layer == first_layer && s.num_layers == layers;
  });
}

/// Tokens of the facts (around 78, 256, 431 and the question) carry more error than the filler.
float tokenError(double layer_error, int64_t layer, int64_t token) {
  double factor = 0.5 + 0.7 * noise(layer, token, 5);
  for (const int64_t fact : {78, 256, 431, 536}) {
    if (std::abs(token - fact) < 4) factor *= 2.2;
  }
  return static_cast<float>(std::min(1.0, layer_error * factor));
}

ReconstructionRecord reconstruction(const Run& run, Stream stream, int64_t group, Dtype dtype) {
  const PlannedGroup& planned = run.started.plan[static_cast<size_t>(group)];
  const SpectrumRecord& s = spectrumOf(run, stream, planned.first_layer, planned.num_layers);
  const int64_t rank = isFirst(stream) ? planned.rank_k : planned.rank_v;
  const double floor = dtype == Dtype::bf16 ? 2.4e-3 : 0;
  const double predicted = s.group_error[static_cast<size_t>(rank)];
  ReconstructionRecord record{.stream = stream,
                              .group = group,
                              .first_layer = planned.first_layer,
                              .num_layers = planned.num_layers,
                              .seq_len = kSeqLen,
                              .num_kv_heads = kNumKvHeads,
                              .rank = rank,
                              .factor_dtype = dtype,
                              .error = std::hypot(predicted, floor) * 1.0004,
                              .energy = s.total_energy,
                              .layer_error = {},
                              .head_error = {},
                              .token_error = {}};
  const auto n = static_cast<int64_t>(s.singular_values.size());
  for (int64_t l = 0; l < planned.num_layers; ++l) {
    const double error =
        std::hypot(s.layer_error[static_cast<size_t>(l * (n + 1) + rank)], floor) * 1.0004;
    record.layer_error.push_back(static_cast<float>(error));
    for (int64_t head = 0; head < kNumKvHeads; ++head) {
      record.head_error.push_back(static_cast<float>(error * (0.9 + 0.2 * noise(l, head))));
    }
    for (int64_t t = 0; t < kSeqLen; ++t) {
      record.token_error.push_back(tokenError(error, planned.first_layer + l, t));
    }
  }
  return record;
}

std::vector<std::string> promptTokens() {
  const std::vector<std::string> filler = {" the",   " grass", " is",   " green", ".",
                                           " the",   " sky",   " is",   " blue",  ".",
                                           " there", " and",   " back", " again", "."};
  std::vector<std::string> tokens;
  for (int64_t t = 0; t < kSeqLen; ++t)
    tokens.push_back(filler[static_cast<size_t>(t) % filler.size()]);
  const auto put = [&](size_t at, const std::vector<std::string>& words) {
    std::copy(words.begin(), words.end(), tokens.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(74, {" code", " of", " apple", " is", " 4", "1", "7", "2", "."});
  put(252, {" code", " of", " river", " is", " 9", "0", "3", "5", "."});
  put(427, {" code", " of", " stone", " is", " 6", "6", "8", "1", "."});
  put(534, {" Q", " :", " what", " is", " the", " code", " of", " river", " ?", " A", " :",
            " river", " is"});
  return tokens;
}

/// As a small DeepSeek-V2 would be: latents of 64 and RoPE keys of 16, of which the latents are
/// compressed.
void makeLatent(RunStarted& record) {
  record.model.model_type = "deepseek_v2";
  record.model.kv_lora_rank = kKvDim;
  record.model.qk_rope_head_dim = kRopeKeyDim;
  record.model.qk_nope_head_dim = 32;
  record.model.v_head_dim = 32;
  record.spec.compression.merge_value = false;
}

RunStarted started(const DemoRunOptions& options, Method method) {
  RunStarted record;
  record.model = {.name = "demo",
                  .model_type = "llama",
                  .num_layers = kNumLayers,
                  .hidden_size = 128,
                  .intermediate_size = 352,
                  .num_heads = 4,
                  .num_kv_heads = kNumKvHeads,
                  .head_dim = 32,
                  .vocab_size = 512,
                  .max_position_embeddings = 1024,
                  .rope_theta = 10000,
                  .num_parameters = 1'427'200,
                  .weight_bytes = 2'854'400,
                  .weight_dtype = Dtype::bf16};
  record.spec.model_dir = "resources/demo-model";
  record.spec.prompt_name = "needle-river";
  record.spec.compression.method = method;
  record.spec.compression.layer_group_size = options.layer_group_size;
  record.spec.dtype = options.dtype;
  record.spec.max_new_tokens = 16;
  record.prompt_tokens = promptTokens();
  for (int64_t t = 0; t < kSeqLen; ++t) record.prompt_ids.push_back(t % 500);
  record.device_name = "CPU, 2 threads";
  record.program_version = "0.1.0";
  record.started_at = "2026-11-22T20:38:07Z";
  if (options.latent) makeLatent(record);
  if (method == Method::dense) return record;
  record.spec.compression.rank_k = options.rank_k;
  if (!options.latent) record.spec.compression.rank_v = options.rank_v;
  record.plan = planGroups(record.spec.compression, cacheShapeOf(record.model), kSeqLen)->groups;
  return record;
}

void addText(Run& run, Method method, const std::vector<std::string>& words) {
  int64_t step = 0;
  std::string text;
  for (const std::string& word : words) {
    const auto probability =
        static_cast<float>(0.97 + 0.03 * noise(step, static_cast<int64_t>(method)));
    run.tokens.push_back(
        {.method = method,
         .step = step,
         .choice = {100 + step, word, probability},
         .alternatives = {{7, " the", (1 - probability) / 2}, {8, ".", (1 - probability) / 4}},
         .text_piece = word == "<eos>" ? "" : word,
         .duration_ns = step == 0 ? 0 : 735'000 + 3'000 * (step % 4)});
    text += run.tokens.back().text_piece;
    ++step;
  }
  run.generations.push_back(
      {.method = method, .text = text, .num_tokens = step, .stop_reason = StopReason::eos});
  LatencyRecord latency{.method = method,
                        .load_ns = 4'100'000,
                        .prefill_ns = 20'900'000,
                        .gram_ns = 1'500'000,
                        .factor_ns = 13'100'000,
                        .analysis_ns = 61'000'000,
                        .ttft_ns = 36'400'000,
                        .decode_step_ns = {}};
  if (method == Method::dense) {
    latency.gram_ns = latency.factor_ns = 0;
    latency.ttft_ns = 21'700'000;
  }
  for (int64_t i = 1; i < step; ++i) {
    latency.decode_step_ns.push_back((method == Method::dense ? 410'000 : 735'000) +
                                     3'000 * (i % 4));
  }
  run.latencies.push_back(latency);
}

/// A coarse compression breaks the answer at its second token.
void addAnswers(Run& run, bool breaks) {
  addText(run, Method::dense, {" 9", "0", "3", "5", ".", "<eos>"});
  if (run.started.plan.empty()) return;
  addText(run, Method::xkv,
          breaks
              ? std::vector<std::string>{" 9", ".", " the", " grass", " is", " green", ".", "<eos>"}
              : std::vector<std::string>{" 9", "0", "3", "5", ".", "<eos>"});
  DivergenceRecord divergence;
  divergence.kl = breaks ? std::vector<double>{0, 3.09, 0.8, 0.21, 0.02}
                         : std::vector<double>{0, 0.004, 0.027, 0.011, 0.002};
  divergence.top1_agrees =
      breaks ? std::vector<int64_t>{1, 0, 1, 1, 1} : std::vector<int64_t>{1, 1, 1, 1, 1};
  divergence.first_divergent_token = breaks ? 1 : -1;
  divergence.tokens_equal = breaks ? 1 : 6;
  divergence.tokens_compared = breaks ? 8 : 6;
  run.divergence = divergence;
}

std::string shapeText(int64_t count, const char* what, int64_t rows, int64_t columns) {
  return std::to_string(count) + " " + what + " × " + std::to_string(rows) + " × " +
         std::to_string(columns);
}

MemoryRecord memory(const RunStarted& started) {
  constexpr int64_t kGenerated = 5;
  const int64_t element = bytesPerElement(started.spec.dtype);
  const LedgerRatios ratios =
      ledgerRatios({cacheShapeOf(started.model), kSeqLen, element}, started.plan);
  const auto [first, second] = started.model.streams();
  const int64_t width = widthOf(first) + widthOf(second);
  const int64_t generated = kNumLayers * width * kGenerated * element;
  MemoryRecord record{.seq_len = kSeqLen,
                      .generated_tokens = kGenerated,
                      .parts = {},
                      .dense_bytes = ratios.dense_bytes,
                      .factor_bytes = ratios.factor_bytes,
                      .resident_bytes = ratios.factor_bytes + generated,
                      .dense_resident_bytes = ratios.dense_bytes + generated,
                      .published_ratio = ratios.published_ratio,
                      .with_landmarks_ratio = ratios.with_landmarks_ratio,
                      .peak = {ratios.factor_bytes / 2, ratios.dense_bytes / 2, 300'000, 560'128},
                      .process_resident_bytes = 61'000'000,
                      .weight_bytes = 2'854'400};
  record.true_resident_ratio =
      static_cast<double>(record.dense_resident_bytes) / static_cast<double>(record.resident_bytes);
  const auto groups = static_cast<int64_t>(started.plan.size());
  for (const Stream stream : started.model.streams()) {
    const int64_t rank = groups == 0 ? 0 : started.plan[0].rank(stream);
    if (rank == 0) {
      record.parts.push_back({MemoryPartKind::dense_layer, stream,
                              shapeText(kNumLayers, "layers", kSeqLen, widthOf(stream)),
                              started.spec.dtype, ratios.dense_bytes / width * widthOf(stream)});
      continue;
    }
    record.parts.push_back({MemoryPartKind::token_basis, stream,
                            shapeText(groups, "groups", kSeqLen, rank), started.spec.dtype,
                            groups * kSeqLen * rank * element});
    record.parts.push_back({MemoryPartKind::layer_factor, stream,
                            shapeText(kNumLayers, "layers", rank, widthOf(stream)),
                            started.spec.dtype, kNumLayers * rank * widthOf(stream) * element});
  }
  record.parts.push_back({MemoryPartKind::generated, std::nullopt,
                          shapeText(kNumLayers, "layers", kGenerated, width), started.spec.dtype,
                          generated});
  return record;
}

void addAnalysis(Run& run, int64_t layers_done) {
  for (const Stream stream : run.started.model.streams()) {
    run.cka.push_back(ckaOf(stream, layers_done));
    for (const int64_t size : {1, 2, 4, 8}) {
      for (int64_t first = 0; first + size <= layers_done; first += size) {
        run.spectra.push_back(spectrum(stream, first, size));
      }
    }
  }
}

}  // namespace

Run demoRun(const DemoRunOptions& options) {
  Run run;
  run.run_id = options.run_id;
  run.notes = "Layer 0 costs most.";
  run.tags = {"knee", "keep"};
  run.started = started(options, Method::xkv);
  addAnalysis(run, kNumLayers);
  for (size_t g = 0; g < run.started.plan.size(); ++g) {
    for (const Stream stream : run.started.model.streams()) {
      if (run.started.plan[g].rank(stream) == 0) continue;
      run.reconstructions.push_back(
          reconstruction(run, stream, static_cast<int64_t>(g), options.dtype));
    }
  }
  run.memory = memory(run.started);
  addAnswers(run, options.layer_group_size == 1);
  run.timeline = demoTimeline(run.started.plan, kNumLayers);
  run.finished = {.status = RunStatus::finished,
                  .error_kind = {},
                  .message = {},
                  .finished_at = "2026-11-22T20:38:09Z"};
  return run;
}

Run demoDenseRun() {
  Run run;
  run.run_id = 1;
  run.started = started({.run_id = 1}, Method::dense);
  addAnalysis(run, kNumLayers);
  run.memory = memory(run.started);
  addAnswers(run, false);
  run.timeline = demoTimeline({}, kNumLayers);
  run.finished = {.status = RunStatus::finished,
                  .error_kind = {},
                  .message = {},
                  .finished_at = "2026-11-22T20:37:31Z"};
  return run;
}

Run demoStoppedRun() {
  Run run;
  run.run_id = 7;
  run.started = started({.run_id = 7}, Method::xkv);
  addAnalysis(run, 5);
  run.reconstructions.push_back(reconstruction(run, Stream::key, 0, Dtype::fp32));
  run.reconstructions.push_back(reconstruction(run, Stream::value, 0, Dtype::fp32));
  run.finished = {
      .status = RunStatus::failed,
      .error_kind = ErrorKind::failure,
      .message = "The engine was killed by the system (signal 9) while it factored group 1.",
      .finished_at = "2026-11-22T20:38:09Z"};
  return run;
}

}  // namespace xkv::views
