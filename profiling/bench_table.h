// SPDX-License-Identifier: Apache-2.0
/// What a benchmark measured: samples of each scheme, their median and spread, and ratios between schemes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace xkv {

/// The middle of sorted samples, and where the middle half of them lies. Between two samples the
/// values are interpolated linearly (Hyndman and Fan 1996, type 7).
struct Spread {
  double lower_quartile = 0;
  double median = 0;
  double upper_quartile = 0;
  friend bool operator==(const Spread&, const Spread&) = default;
};

/// None of no samples.
std::optional<Spread> spreadOf(std::vector<int64_t> samples);

/// A further figure of a row: {"tokens_per_second", 1186}.
struct BenchFigure {
  std::string name;
  double value = 0;
  friend bool operator==(const BenchFigure&, const BenchFigure&) = default;
};

struct BenchRow {
  std::string scheme;             ///< "gram-subspace", "linalg_svd"
  bool is_rival = false;          ///< LibTorch's own way, for comparison
  std::vector<int64_t> samples_ns;  ///< in the order of time, without the warm-up
  std::vector<BenchFigure> figures;

  std::optional<Spread> spread() const { return spreadOf(samples_ns); }
};

/// What rows are compared with: the fastest of some schemes.
struct BenchReference {
  std::string name;  ///< "linalg_svd", "the better of LibTorch's"
  std::vector<std::string> schemes;
};

struct BenchTable {
  std::string subject;                                  ///< "factor"
  std::vector<std::pair<std::string, int64_t>> sizes;   ///< {"seq_len", 4096}, ...
  std::string dtype;                                    ///< of the data
  std::string device;                                   ///< "CPU, 2 threads"
  std::vector<BenchRow> rows;
  std::vector<BenchReference> references;
  std::vector<std::string> notes;
  bool complete = true;  ///< false: it was stopped, rows have fewer samples than were asked

  /// None of a scheme that was not measured.
  const BenchRow* row(const std::string& scheme) const;
  /// Median of the reference's fastest scheme over the row's median: above 1 the row is faster. None
  /// where either has no samples.
  std::optional<double> speedup(const BenchRow& row, const BenchReference& reference) const;
};

}  // namespace xkv
