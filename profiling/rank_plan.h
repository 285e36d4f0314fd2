// SPDX-License-Identifier: Apache-2.0
/// What-if: the error and the bytes of any groups and ranks, from spectra alone (METHOD.md 3 and
/// 5).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "profiling/memory_ledger.h"
#include "profiling/records/session.h"

namespace xkv {

/// Squared norms of what is lost and of what was there. Errors of slices are joined by adding these
/// and never by averaging: the error of keys and values together is (keys + values).error(). Only
/// what is compressed counts: layers and streams that stay dense add neither loss nor energy.
struct ErrorEnergy {
  double residual = 0;
  double total = 0;

  double error() const;  ///< sqrt(residual / total), 0 where there is nothing
  friend ErrorEnergy operator+(ErrorEnergy a, const ErrorEnergy& b);
  friend bool operator==(const ErrorEnergy&, const ErrorEnergy&) = default;
};

/// Measured loss of a run; none where a compressed group lacks its measurement.
std::optional<ErrorEnergy> measuredEnergy(const Run& run, Stream stream);
/// The one error figure of a run, keys and values together: ‖X − X'‖ / ‖X‖ over all compressed
/// rows.
std::optional<double> measuredOverallError(const Run& run);

/// Predicted error of one stream.
struct PredictedStream {
  std::optional<ErrorEnergy> energy;  ///< none where a group's error is unknown
  std::vector<double> layer_error;    ///< (num_layers); 0 where dense, NaN where unknown
  std::vector<double> group_error;    ///< (groups of the plan); 0 where dense, NaN where unknown
  std::vector<std::string> unknown;   ///< why: "layers 0-2 have no key spectrum"

  std::optional<double> error() const;
};

/// One configuration, predicted.
struct RankPlan {
  std::vector<PlannedGroup> groups;
  std::vector<std::string> notices;  ///< of planGroups
  PredictedStream keys;    ///< or latents
  PredictedStream values;  ///< or RoPE keys
  LedgerRatios ledger;
  int64_t resident_bytes = 0;  ///< factors, dense layers and the generated tokens
  double true_resident_ratio = 1;
  /// Share of the dense attention that a selective method attends, from the run's own X-ray; none where the run has
  /// none, or has one of other chunks, outliers or landmarks.
  std::optional<double> recall = {};

  const PredictedStream& stream(Stream which) const { return isFirst(which) ? keys : values; }
  std::optional<double> error() const;  ///< keys and values together
};

struct Ranks {
  int64_t rank_k = 0;
  int64_t rank_v = 0;
  friend bool operator==(const Ranks&, const Ranks&) = default;
};

/// A configuration on the curve of error against bytes.
struct CurvePoint {
  Ranks ranks;
  int64_t factor_bytes = 0;
  double error = 0;
};

/// Ranks that hold 90, 95 and 99 % of a group's energy.
struct EnergyRanks {
  int64_t rank_90 = 0;
  int64_t rank_95 = 0;
  int64_t rank_99 = 0;
};

/// Reads the run's spectra in place: the run must outlive it. Every call is arithmetic on them.
class RankPlanner {
 public:
  explicit RankPlanner(const Run& run);

  int64_t numLayers() const { return shape_.cache.num_layers; }
  int64_t seqLen() const { return shape_.seq_len; }

  /// Error and bytes of a configuration. bad_input: as planGroups.
  Result<RankPlan> plan(const CompressionConfig& config) const;

  /// Group sizes among 1, 2, 4, 8 and all layers whose every group has the spectra of all streams
  /// that the run has any of.
  std::vector<int64_t> groupSizes() const;
  /// None where that group has no spectrum.
  const SpectrumRecord* spectrum(Stream stream, int64_t first_layer, int64_t num_layers) const;
  std::optional<EnergyRanks> energyRanks(Stream stream, const PlannedGroup& group) const;
  /// Largest rank of a stream that still changes something: min(seq_len, width of the widest
  /// group).
  int64_t largestRank(const CompressionConfig& config, Stream stream) const;

  /// Error against bytes at the config's groups, along ranks of its ratio rank_k : rank_v; empty
  /// where a spectrum is missing. Ordered by bytes.
  std::vector<CurvePoint> curve(const CompressionConfig& config) const;

  /// Ranks of `to` that keep something of `from` (both with ranks or defaults), at `from`'s ratio.
  Ranks keepRankPerLayer(const CompressionConfig& from, const CompressionConfig& to) const;
  Ranks keepBytes(const CompressionConfig& from,
                  const CompressionConfig& to) const;  ///< at most as many
  /// At most the error of `from`; the ranks per layer where an error is unknown.
  Ranks keepError(const CompressionConfig& from, const CompressionConfig& to) const;

  /// The config's ranks after defaults, each at most largestRank() of its stream.
  Ranks ranksOf(const CompressionConfig& config) const;

 private:
  struct Steps;  // ranks of one ratio, from 1 to the largest

  PredictedStream predict(Stream stream, std::span<const PlannedGroup> groups, double rounding) const;
  std::optional<ErrorEnergy> energyOf(std::span<const PlannedGroup> groups, double rounding) const;
  std::optional<CurvePoint> pointOf(CompressionConfig config, Ranks ranks) const;
  Steps stepsOf(const CompressionConfig& from, const CompressionConfig& to) const;
  /// Of the factors' element type, in parts of what rounding to bf16 adds.
  double roundingOf(const CompressionConfig& config) const;
  std::optional<double> recallOf(const SelectiveConfig& config) const;
  LedgerShape shapeFor(const CompressionConfig& config) const;
  Ranks largestRanks(const CompressionConfig& config) const;  // each at least 1
  bool hasSpectra(Stream stream) const;

  const Run& run_;
  LedgerShape shape_;
  int64_t generated_tokens_ = 0;
  std::map<std::tuple<Stream, int64_t, int64_t>, const SpectrumRecord*> spectra_;
};

}  // namespace xkv
