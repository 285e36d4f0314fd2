// SPDX-License-Identifier: Apache-2.0
/// The arithmetic behind one frame of the what-if: no engine, no window.
#include "app/bench/what_if_bench.h"

#include <algorithm>
#include <cmath>

#include "profiling/rank_plan.h"

namespace xkv {
namespace {

constexpr int64_t kWidest = 4096;  // wider groups get no full spectrum (METHOD.md 3)

/// Singular values that fall as a power law; all layers alike.
SpectrumRecord spectrumOf(Stream stream, int64_t first, int64_t layers, int64_t kv_dim,
                          int64_t seq_len) {
  SpectrumRecord spectrum;
  spectrum.stream = stream;
  spectrum.first_layer = first;
  spectrum.num_layers = layers;
  spectrum.seq_len = seq_len;
  spectrum.width = layers * kv_dim;
  const int64_t count = std::min(seq_len, spectrum.width);
  double left = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double value = 100 / std::pow(1.0 + static_cast<double>(i), 0.8);
    spectrum.singular_values.push_back(static_cast<float>(value));
    left += value * value;
  }
  spectrum.total_energy = left;
  spectrum.group_error.push_back(1);
  for (const float value : spectrum.singular_values) {
    left -= static_cast<double>(value) * static_cast<double>(value);
    spectrum.group_error.push_back(
        static_cast<float>(std::sqrt(std::max(0.0, left) / spectrum.total_energy)));
  }
  for (int64_t l = 0; l < layers; ++l) {
    spectrum.layer_energy.push_back(spectrum.total_energy / static_cast<double>(layers));
    spectrum.layer_error.insert(spectrum.layer_error.end(), spectrum.group_error.begin(),
                                spectrum.group_error.end());
  }
  return spectrum;
}

Run runOf(int64_t num_layers, int64_t kv_dim, int64_t seq_len) {
  Run run;
  run.started.model.num_layers = num_layers;
  run.started.model.num_kv_heads = 1;
  run.started.model.head_dim = kv_dim;
  run.started.prompt_ids.assign(static_cast<size_t>(seq_len), 1);
  for (const Stream stream : {Stream::key, Stream::value}) {
    for (const int64_t size : {1, 2, 4, 8}) {
      if (std::min(size * kv_dim, seq_len) > kWidest) continue;
      for (int64_t first = 0; first < num_layers; first += size) {
        const int64_t layers = std::min(size, num_layers - first);
        run.spectra.push_back(spectrumOf(stream, first, layers, kv_dim, seq_len));
      }
    }
  }
  return run;
}

/// A slider that moves by one rank a frame.
class Slider {
 public:
  explicit Slider(const Run& run) : planner_(run) {
    largest_ = std::max<int64_t>(1, planner_.largestRank(config_, Stream::value));
  }

  Status frame() {
    rank_ = rank_ >= largest_ ? 1 : rank_ + 1;
    config_.rank_k = rank_;
    config_.rank_v = std::min(largest_, rank_ + rank_ / 2);
    const Ranks ranks = planner_.ranksOf(config_);
    config_.rank_k = ranks.rank_k;
    config_.rank_v = ranks.rank_v;
    const auto plan = planner_.plan(config_);
    if (!plan) return Failure(plan.error());
    for (const Stream stream : {Stream::key, Stream::value}) {
      seen_ += planner_.energyRanks(stream, plan->groups.front()).has_value() ? 1 : 0;
    }
    seen_ += plan->error().has_value() ? 1 : 0;
    return {};
  }

  Status regroup() {
    if (const Status moved = frame(); !moved) return moved;
    for (const int64_t size : planner_.groupSizes()) {
      CompressionConfig config = config_;
      config.layer_group_size = size;
      const Ranks ranks = planner_.keepRankPerLayer(config_, config);
      config.rank_k = ranks.rank_k;
      config.rank_v = ranks.rank_v;
      seen_ += static_cast<int64_t>(planner_.curve(config).size());
    }
    return {};
  }

  int64_t seen() const { return seen_; }

 private:
  RankPlanner planner_;
  CompressionConfig config_;
  int64_t largest_ = 1;
  int64_t rank_ = 1;
  int64_t seen_ = 0;  // results that were used, so that none is left out
};

}  // namespace

Result<BenchTable> benchWhatIf(const BenchRequest& request, const BenchRounds& rounds) {
  const int64_t num_layers = request.num_layers.value_or(32);
  const int64_t kv_dim = request.kv_dim.value_or(1024);
  const int64_t seq_len = request.tokens.value_or(16'384);
  BenchTable table;
  table.subject = "what-if";
  table.sizes = {{"seq_len", seq_len}, {"num_layers", num_layers}, {"kv_dim", kv_dim}};
  table.dtype = "fp64";
  table.device = "CPU, 1 thread";
  table.notes = {"the spectra are made up; a frame of the window has 16 ms for this and for painting"};
  const Run run = runOf(num_layers, kv_dim, seq_len);
  Slider slider(run);
  Slider regrouped(run);
  const std::vector<BenchScheme> schemes{
      {.name = "slider", .is_rival = false, .step = timed([&] { return slider.frame(); })},
      {.name = "regroup", .is_rival = false, .step = timed([&] { return regrouped.regroup(); })}};
  const Status sampled = sampleInTurn(schemes, rounds, table);
  if (!sampled) return Failure(sampled.error());
  if (table.complete && slider.seen() + regrouped.seen() == 0) {
    return failure(ErrorKind::failure, "what-if: no spectrum was used");
  }
  return table;
}

}  // namespace xkv
