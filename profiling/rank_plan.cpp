// SPDX-License-Identifier: Apache-2.0
/// What-if: the error and the bytes of any groups and ranks, from spectra alone (METHOD.md 3 and
/// 5).
#include "profiling/rank_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "profiling/layer_groups.h"
#include "profiling/records/words.h"
#include "profiling/selection_summary.h"
#include "profiling/selective_plan.h"

namespace xkv {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr int kCurvePoints = 48;

std::string unknownText(const PlannedGroup& group, Stream stream, const char* why) {
  const std::string last = std::to_string(group.first_layer + group.num_layers - 1);
  return "layers " + std::to_string(group.first_layer) + "-" + last + " have " + why + " of " +
         std::string(word(stream)) + "s";
}

/// Whether the spectrum says the error at this rank; a full one is 0 beyond its last value.
bool knows(const SpectrumRecord& spectrum, int64_t rank) {
  return !spectrum.leading_only || rank < static_cast<int64_t>(spectrum.group_error.size());
}

/// Errors of ranks 0..n, and what rounding the factors to bf16 adds; empty where that is not known.
struct ErrorRow {
  std::span<const float> errors;
  std::span<const float> rounding;
};

/// `rounding`: of the factors' type, in parts of bf16's.
double errorAt(const ErrorRow& row, int64_t rank, double rounding) {
  if (row.errors.empty()) return kUnknown;
  const auto index = std::min(static_cast<size_t>(rank), row.errors.size() - 1);
  const double bf16 = row.rounding.empty() ? kBf16Floor : row.rounding[index];
  return std::hypot(row.errors[index], rounding * bf16);
}

ErrorRow groupErrors(const SpectrumRecord& spectrum) {
  return {spectrum.group_error, spectrum.group_rounding};
}

ErrorRow layerErrors(const SpectrumRecord& spectrum, int64_t layer) {
  const size_t n = spectrum.group_error.size();
  const size_t begin = static_cast<size_t>(layer) * n;
  const auto rowOf = [&](const std::vector<float>& matrix) -> std::span<const float> {
    if (begin + n > matrix.size()) return {};
    return std::span(matrix).subspan(begin, n);
  };
  return {rowOf(spectrum.layer_error), rowOf(spectrum.layer_rounding)};
}

int64_t widestOf(const CompressionConfig& config, int64_t num_layers) {
  if (config.layer_groups.empty()) {
    return std::max<int64_t>(1, std::min(config.layer_group_size, num_layers));
  }
  int64_t most = 1;
  for (const LayerGroup& group : config.layer_groups) most = std::max(most, group.num_layers);
  return most;
}

const ReconstructionRecord* reconstructionOf(const Run& run, Stream stream, size_t group) {
  for (const ReconstructionRecord& r : run.reconstructions) {
    if (r.stream == stream && r.group == static_cast<int64_t>(group)) return &r;
  }
  return nullptr;
}

}  // namespace

double ErrorEnergy::error() const {
  return total > 0 ? std::sqrt(std::max(0.0, residual) / total) : 0;
}

ErrorEnergy operator+(ErrorEnergy a, const ErrorEnergy& b) {
  return {a.residual + b.residual, a.total + b.total};
}

std::optional<double> PredictedStream::error() const {
  return energy ? std::optional(energy->error()) : std::nullopt;
}

std::optional<double> RankPlan::error() const {
  if (!keys.energy || !values.energy) return std::nullopt;
  return (*keys.energy + *values.energy).error();
}

std::optional<ErrorEnergy> measuredEnergy(const Run& run, Stream stream) {
  ErrorEnergy sum;
  for (size_t g = 0; g < run.started.plan.size(); ++g) {
    if (!run.started.plan[g].compresses(stream)) continue;
    const ReconstructionRecord* measured = reconstructionOf(run, stream, g);
    if (measured == nullptr) return std::nullopt;
    sum = sum + ErrorEnergy{measured->error * measured->error * measured->energy, measured->energy};
  }
  return sum;
}

std::optional<double> measuredOverallError(const Run& run) {
  if (run.started.plan.empty()) return std::nullopt;
  const auto [first, second] = run.started.model.streams();
  const auto keys = measuredEnergy(run, first);
  const auto values = measuredEnergy(run, second);
  if (!keys || !values) return std::nullopt;
  return (*keys + *values).error();
}

RankPlanner::RankPlanner(const Run& run) : run_(run) {
  const ModelShape& model = run.started.model;
  const auto prompt = static_cast<int64_t>(run.started.prompt_ids.size());
  shape_ = {.cache = cacheShapeOf(model),
            .seq_len = prompt,
            .bytes_per_element = bytesPerElement(run.started.spec.dtype),
            .head_dim = model.head_dim,
            .num_kv_heads = model.num_kv_heads};
  if (shape_.seq_len == 0 && !run.spectra.empty()) shape_.seq_len = run.spectra.front().seq_len;
  if (run.memory) generated_tokens_ = run.memory->generated_tokens;
  for (const SpectrumRecord& s : run.spectra)
    spectra_[{s.stream, s.first_layer, s.num_layers}] = &s;
}

const SpectrumRecord* RankPlanner::spectrum(Stream stream, int64_t first_layer,
                                            int64_t num_layers) const {
  const auto found = spectra_.find({stream, first_layer, num_layers});
  return found == spectra_.end() ? nullptr : found->second;
}

double RankPlanner::roundingOf(const CompressionConfig& config) const {
  switch (config.factor_dtype.value_or(run_.started.spec.dtype)) {
    case Dtype::bf16: return 1;
    case Dtype::fp16: return 0.125;  // three bits more
    case Dtype::fp32: break;
  }
  return 0;
}

LedgerShape RankPlanner::shapeFor(const CompressionConfig& config) const {
  LedgerShape shape = shape_;
  shape.token_basis_bits = config.token_basis_bits;
  shape.layer_factor_bits = config.layer_factor_bits;
  if (isSelective(config.method)) shape.selective = config.selective;
  return shape;
}

PredictedStream RankPlanner::predict(Stream stream, std::span<const PlannedGroup> groups,
                                     double rounding) const {
  PredictedStream result;
  result.layer_error.assign(static_cast<size_t>(numLayers()), 0);
  ErrorEnergy sum;
  for (const PlannedGroup& group : groups) {
    const int64_t rank = group.rank(stream);
    result.group_error.push_back(0);
    if (rank == 0 && group.compresses(stream)) {
      result.group_error.back() = kUnknown;
      result.unknown.push_back("what MiniCache loses follows from the rows, not from spectra");
    }
    if (rank == 0) continue;
    const SpectrumRecord* s = spectrum(stream, group.first_layer, group.num_layers);
    const bool known = s != nullptr && knows(*s, rank);
    if (!known) {
      result.unknown.push_back(
          unknownText(group, stream, s == nullptr ? "no spectrum" : "only a leading spectrum"));
    }
    const double error = known ? errorAt(groupErrors(*s), rank, rounding) : kUnknown;
    result.group_error.back() = error;
    if (known) sum = sum + ErrorEnergy{error * error * s->total_energy, s->total_energy};
    for (int64_t l = 0; l < group.num_layers; ++l) {
      result.layer_error[static_cast<size_t>(group.first_layer + l)] =
          known ? errorAt(layerErrors(*s, l), rank, rounding) : kUnknown;
    }
  }
  if (result.unknown.empty()) result.energy = sum;
  return result;
}

std::optional<ErrorEnergy> RankPlanner::energyOf(std::span<const PlannedGroup> groups,
                                                 double rounding) const {
  ErrorEnergy sum;
  for (const PlannedGroup& group : groups) {
    for (const Stream stream : run_.started.model.streams()) {
      const int64_t rank = group.rank(stream);
      if (rank == 0 && group.compresses(stream)) return std::nullopt;
      if (rank == 0) continue;
      const SpectrumRecord* s = spectrum(stream, group.first_layer, group.num_layers);
      if (s == nullptr || !knows(*s, rank)) return std::nullopt;
      const double error = errorAt(groupErrors(*s), rank, rounding);
      sum = sum + ErrorEnergy{error * error * s->total_energy, s->total_energy};
    }
  }
  return sum;
}

Result<RankPlan> RankPlanner::plan(const CompressionConfig& config) const {
  const auto groups = planGroups(config, shape_.cache, shape_.seq_len);
  if (!groups) return Failure(groups.error());
  RankPlan plan;
  plan.groups = groups->groups;
  plan.notices = groups->notices;
  const double rounding = roundingOf(config);
  plan.keys = predict(run_.started.model.streams()[0], plan.groups, rounding);
  plan.values = predict(run_.started.model.streams()[1], plan.groups, rounding);
  plan.ledger = ledgerRatios(shapeFor(config), plan.groups);
  const int64_t generated = numLayers() * (shape_.cache.width_k + shape_.cache.width_v) *
                            generated_tokens_ * shape_.bytes_per_element;
  plan.resident_bytes = plan.ledger.factor_bytes + plan.ledger.selection_bytes + generated;
  if (isSelective(config.method)) plan.recall = recallOf(config.selective);
  if (plan.resident_bytes > 0) {
    plan.true_resident_ratio = static_cast<double>(plan.ledger.dense_bytes + generated) /
                               static_cast<double>(plan.resident_bytes);
  }
  return plan;
}

std::optional<double> RankPlanner::recallOf(const SelectiveConfig& config) const {
  if (run_.selections.empty()) return std::nullopt;
  const SelectionRecord& measured = run_.selections.front();
  const SelectiveConfig& own = run_.started.spec.compression.selective;
  const SelectivePlan plan = planSelection(config, shape_.seq_len);
  const bool same = plan.chunk == measured.chunk && plan.landmark_chunks == measured.landmark_chunks &&
                    plan.outlier_chunks == measured.outlier_chunks &&
                    config.landmarks == own.landmarks && config.share_selection == own.share_selection;
  return same ? recallAtBudget(run_.selections, config.budget) : std::nullopt;
}

bool RankPlanner::hasSpectra(Stream stream) const {
  return std::ranges::any_of(run_.spectra,
                             [&](const SpectrumRecord& s) { return s.stream == stream; });
}

std::vector<int64_t> RankPlanner::groupSizes() const {
  std::vector<int64_t> sizes;
  if (run_.spectra.empty()) return sizes;
  for (const int64_t size : {int64_t{1}, int64_t{2}, int64_t{4}, int64_t{8}, numLayers()}) {
    if (size < 1 || size > numLayers() || (!sizes.empty() && size <= sizes.back())) continue;
    bool complete = true;
    for (int64_t first = 0; first < numLayers(); first += size) {
      const int64_t layers = std::min(size, numLayers() - first);
      for (const Stream stream : run_.started.model.streams())
        complete = complete && (!hasSpectra(stream) || spectrum(stream, first, layers));
    }
    if (complete) sizes.push_back(size);
  }
  return sizes;
}

std::optional<EnergyRanks> RankPlanner::energyRanks(Stream stream,
                                                    const PlannedGroup& group) const {
  const SpectrumRecord* s = spectrum(stream, group.first_layer, group.num_layers);
  if (s == nullptr) return std::nullopt;
  return EnergyRanks{s->rank_90, s->rank_95, s->rank_99};
}

int64_t RankPlanner::largestRank(const CompressionConfig& config, Stream stream) const {
  return std::min(shape_.seq_len, widestOf(config, numLayers()) * shape_.cache.width(stream));
}

Ranks RankPlanner::largestRanks(const CompressionConfig& config) const {
  const auto [first, second] = run_.started.model.streams();
  return {std::max<int64_t>(1, largestRank(config, first)),
          std::max<int64_t>(1, largestRank(config, second))};
}

Ranks RankPlanner::ranksOf(const CompressionConfig& config) const {
  const int64_t widest = widestOf(config, numLayers());
  const Ranks most = largestRanks(config);
  const auto capped = [](int64_t rank, int64_t top) { return std::clamp<int64_t>(rank, 1, top); };
  return {capped(config.rank_k.value_or(defaultRankK(shape_.cache.width_k, widest)), most.rank_k),
          capped(config.rank_v.value_or(defaultRankV(shape_.cache.width_v, widest)), most.rank_v)};
}

/// Ranks in one ratio: at step n the larger of the two is n, so that no step is lost to rounding.
struct RankPlanner::Steps {
  Ranks ratio;
  Ranks most;
  int64_t count = 0;

  Ranks at(int64_t n) const {
    const double larger = static_cast<double>(std::max(ratio.rank_k, ratio.rank_v));
    const auto scaled = [&](int64_t rank, int64_t top) {
      const double share = static_cast<double>(rank) / larger;
      return std::clamp<int64_t>(std::lround(share * static_cast<double>(n)), 1, top);
    };
    return {scaled(ratio.rank_k, most.rank_k), scaled(ratio.rank_v, most.rank_v)};
  }
};

RankPlanner::Steps RankPlanner::stepsOf(const CompressionConfig& from,
                                        const CompressionConfig& to) const {
  const Ranks most = largestRanks(to);
  return {.ratio = ranksOf(from), .most = most, .count = std::max(most.rank_k, most.rank_v)};
}

std::optional<CurvePoint> RankPlanner::pointOf(CompressionConfig config, Ranks ranks) const {
  config.rank_k = ranks.rank_k;
  config.rank_v = ranks.rank_v;
  const auto groups = planGroups(config, shape_.cache, shape_.seq_len);
  if (!groups) return std::nullopt;
  const auto energy = energyOf(groups->groups, roundingOf(config));
  if (!energy) return std::nullopt;
  return CurvePoint{ranks, ledgerRatios(shapeFor(config), groups->groups).factor_bytes,
                    energy->error()};
}

std::vector<CurvePoint> RankPlanner::curve(const CompressionConfig& config) const {
  const Steps steps = stepsOf(config, config);
  std::vector<CurvePoint> points;
  int64_t last = 0;
  for (int i = 0; i <= kCurvePoints && steps.count > 0; ++i) {
    // Evenly spaced on a logarithmic axis, each rank once.
    const double power = static_cast<double>(i) / kCurvePoints;
    const auto n = std::max<int64_t>(1, std::lround(std::pow(steps.count, power)));
    if (n == last) continue;
    last = n;
    const auto point = pointOf(config, steps.at(n));
    if (!point) return {};
    points.push_back(*point);
  }
  return points;
}

Ranks RankPlanner::keepRankPerLayer(const CompressionConfig& from,
                                    const CompressionConfig& to) const {
  const Ranks before = ranksOf(from);
  const double growth = static_cast<double>(widestOf(to, numLayers())) /
                        static_cast<double>(widestOf(from, numLayers()));
  const Ranks most = largestRanks(to);
  const auto grown = [&](int64_t rank, int64_t top) {
    return std::clamp<int64_t>(std::lround(static_cast<double>(rank) * growth), 1, top);
  };
  return {grown(before.rank_k, most.rank_k), grown(before.rank_v, most.rank_v)};
}

Ranks RankPlanner::keepBytes(const CompressionConfig& from, const CompressionConfig& to) const {
  const Ranks before = ranksOf(from);
  CompressionConfig original = from;
  original.rank_k = before.rank_k;
  original.rank_v = before.rank_v;
  const auto kept = plan(original);
  const Steps steps = stepsOf(from, to);
  if (!kept || steps.count < 1) return keepRankPerLayer(from, to);
  int64_t low = 1;  // bytes grow with every step
  for (int64_t high = steps.count; low < high;) {
    const int64_t middle = (low + high + 1) / 2;
    CompressionConfig tried = to;
    tried.rank_k = steps.at(middle).rank_k;
    tried.rank_v = steps.at(middle).rank_v;
    const auto planned = plan(tried);
    if (planned && planned->ledger.factor_bytes <= kept->ledger.factor_bytes) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return steps.at(low);
}

Ranks RankPlanner::keepError(const CompressionConfig& from, const CompressionConfig& to) const {
  const auto kept = pointOf(from, ranksOf(from));
  const Steps steps = stepsOf(from, to);
  if (!kept || steps.count < 1 || !pointOf(to, steps.at(1))) return keepRankPerLayer(from, to);
  int64_t high = steps.count;  // the error falls with every step
  for (int64_t low = 1; low < high;) {
    const int64_t middle = (low + high) / 2;
    const auto point = pointOf(to, steps.at(middle));
    if (point && point->error <= kept->error) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return steps.at(high);
}

}  // namespace xkv
